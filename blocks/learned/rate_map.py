"""Rate maps that are sent: each level, given the one that the entropy map suggests.

Where rates follow the likelihood of the latents, which only the transmitter knows,
the receiver must be told. (Where they follow the entropy, nothing is sent.)
"""

import numpy as np

from blocks.nn.jscc import LEVELS
from blocks.phy.side_information import EntropyCoder, fixed_point

DECAY = 0.4  # of the probability of a level with its distance from the suggestion


def coder() -> EntropyCoder:
    """The coder of levels, with a table for each level that can be suggested."""
    distance = np.abs(np.subtract.outer(*2 * (np.arange(len(LEVELS)),)))
    return EntropyCoder(fixed_point(DECAY**distance))


def encode(level: np.ndarray, suggested: np.ndarray) -> np.ndarray:
    """Levels [1, h, w] to bits [n], uint8."""
    return coder().encode(level.ravel(), suggested.ravel())


def decode(bits: np.ndarray, suggested: np.ndarray) -> np.ndarray:
    """Bits to levels [1, h, w], int32."""
    level = coder().decode(bits, suggested.ravel())
    return level.reshape(suggested.shape).astype(np.int32)
