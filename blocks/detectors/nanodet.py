"""NanoDet-g, trained on COCO, in OpenCV; the default.

A pure-convolution variant of NanoDet: 3.7 million weights in half precision, kept in
``nanodet_g/model.onnx`` with their licence and their origin.

References
----------
RangiLyu, "NanoDet-Plus: Super fast and high accuracy lightweight anchor-free object
detection model", 2021, https://github.com/RangiLyu/nanodet.
X. Li et al., "Generalized Focal Loss", NeurIPS 2020 (boxes as distributions).
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from blocks.detectors.suppression import suppressed
from semlink.modalities.boxes import Boxes
from semlink.modalities.categories import CATEGORIES

WEIGHTS = Path(__file__).parent / "nanodet_g" / "model.onnx"
INPUT = 416  # pixels along a side of the network's input
STRIDES = (8, 16, 32)  # pixels between the positions of each scale
BINS = 11  # of the distance from a position to a side, in strides
OVERLAP = 0.6  # overlap threshold of non-maximum suppression
MEAN = (103.53, 116.28, 123.675)  # of blue, green and red
DEVIATION = np.float32([57.375, 57.12, 58.395]).reshape(3, 1, 1)
# scores of three scales, then distances
OUTPUTS = ["Identity", *(f"Identity_{number}" for number in range(1, 6))]


class NanoDet:
    """NanoDet-g at 416x416 pixels."""

    version = "nanodet_g 1"
    categories = CATEGORIES

    def __init__(self):
        self._network = _network()

    def __call__(self, image: np.ndarray) -> Boxes:
        """Find objects of an image [H, W, 3], uint8, in order of confidence."""
        self._network.setInput(network_input(image))
        return objects(self._network.forward(OUTPUTS), image.shape[:2])


def build() -> NanoDet:
    """Build the detector; it has no parameters."""
    return NanoDet()


def files() -> list[Path]:
    """The weights."""
    return [WEIGHTS]


@lru_cache(maxsize=1)
def _network():
    import cv2

    return cv2.dnn.readNetFromONNX(str(WEIGHTS))


def network_input(image: np.ndarray) -> np.ndarray:
    """The network's input [1, 3, 416, 416] of an image [H, W, 3], uint8."""
    import cv2

    # the image is RGB, the network's input blue first
    blob = cv2.dnn.blobFromImage(image, 1, (INPUT, INPUT), MEAN, swapRB=True)
    return blob / DEVIATION


def objects(outputs: Sequence[np.ndarray], size: tuple[int, int]) -> Boxes:
    """Objects in a picture of a size (H, W), in order of confidence.

    Input
    -----
    outputs : those of the network, as in :data:`OUTPUTS`
    """
    scores = np.concatenate([one[0] for one in outputs[:3]])
    sides = np.concatenate(list(map(_sides, outputs[3:], STRIDES)))
    height, width = size
    sides *= np.float32([width, height, width, height]) / INPUT
    return suppressed(scores, sides, CATEGORIES, size, OVERLAP)


def _sides(distances: np.ndarray, stride: int) -> np.ndarray:
    """Boxes of a scale, as left, top, right and bottom in the network's input.

    Input
    -----
    distances : [1, n, 44], logits of the distance to each side
    """
    logits = distances[0].reshape(-1, 4, BINS)
    share = np.exp(logits - logits.max(axis=-1, keepdims=True))
    mean = share @ np.arange(BINS, dtype=np.float32) / share.sum(axis=-1)
    across = np.arange(INPUT // stride, dtype=np.float32)
    y, x = np.meshgrid(across, across, indexing="ij")
    centre = stride * (np.stack([x, y], axis=-1).reshape(-1, 2) + 0.5)
    near, far = centre - stride * mean[:, :2], centre + stride * mean[:, 2:]
    return np.clip(np.concatenate([near, far], axis=1), 0, INPUT)
