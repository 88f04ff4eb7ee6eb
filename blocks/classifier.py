"""The classifier that decides on pictures, and its prior decision."""

import hashlib
from functools import lru_cache

import numpy as np

from blocks.recent import Recent

KEPT = 4096  # pictures
CLASSES = 1000
# its most frequent decisions on 3,002 training photos: alp (47), plate, umbrella,
# cougar, ballplayer
PRIOR = (970, 923, 879, 286, 981)
_DECIDED = Recent(KEPT)


def decide(image: np.ndarray) -> np.ndarray:
    """Probabilities of the classes of ImageNet for a picture.

    Equal pictures are looked at once.

    Input
    -----
    image : [H, W, 3], uint8

    Output
    ------
    : [1000], float32

    Raises
    ------
    InputError
        The package ``keras_cv`` is missing.
    """
    key = hashlib.sha256(f"{image.shape}".encode() + image.tobytes()).digest()
    return _DECIDED(key, lambda: _decided(image))


def probabilities(logits: np.ndarray) -> np.ndarray:
    """Softmax of logits [..., C], float32."""
    logits = np.asarray(logits, np.float64)
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return (odds / odds.sum(axis=-1, keepdims=True)).astype(np.float32)


def _decided(image: np.ndarray) -> np.ndarray:
    from blocks.nn.efficientnet.lite import standardised

    return probabilities(_network()(standardised(image)))[0]


@lru_cache(maxsize=1)
def _network():
    from blocks.nn.efficientnet.lite import trained
    from semlink.graph import compiled

    return compiled(trained(), level="graph", name="classifier")
