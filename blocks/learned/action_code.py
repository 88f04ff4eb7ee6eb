"""The code of signalled actions: probabilities adapt to the actions of the picture.

The probability of an action is its share of the previous actions at positions of the
same level, in raster order. Counts are integers, so both ends have the same.

References
----------
I. Witten, R. Neal, J. Cleary, "Arithmetic coding for data compression", Communications
of the ACM 30(6), 1987, for adaptive models.
"""

from collections.abc import Sequence

import numpy as np

from blocks.nn.jscc import LEVELS
from blocks.nn.policy import OFFSETS
from blocks.phy.side_information import EntropyCoder, decode_adaptive, fixed_point

INITIAL = (1, 2, 3, 2, 1)  # counts before the first action


def information(action: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Information of each action at each level, from counts of a picture.

    Input
    -----
    action : [1, h, w], integers, entries of ``OFFSETS``
    level : [1, h, w], int32

    Output
    ------
    : [L, A], float64, bits
    """
    counts = _initial().astype(float)
    np.add.at(counts, (level, action), 1)
    return -np.log2(counts / counts.sum(axis=1, keepdims=True))


def encode(action: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Actions [1, h, w] given levels [1, h, w] to bits [n], uint8."""
    action, level = action.ravel(), level.ravel()
    tables = fixed_point(_counts_before(action, level))
    return EntropyCoder(tables).encode(action, np.arange(len(action)))


def decode(bits: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Bits to actions [1, h, w], given levels [1, h, w].

    Raises
    ------
    ValueError
        No encoder makes these bits.
    """
    counts, each = _initial(), level.ravel()

    def table_of(decoded: Sequence[int]) -> np.ndarray:
        place = len(decoded)
        if place:
            counts[each[place - 1], decoded[-1]] += 1
        return fixed_point(counts[each[place]])

    action = decode_adaptive(bits, len(each), table_of).reshape(level.shape)
    if not np.array_equal(encode(action, level), bits):
        raise ValueError(f"bits must come from an encoder, got {len(bits)} others")
    return action


def _initial() -> np.ndarray:
    return np.tile(INITIAL, (len(LEVELS), 1))


def _counts_before(action: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Counts at each position, from the positions before it : [n, A], int64."""
    is_action = action[:, None] == np.arange(len(OFFSETS))
    counts = _initial()[level]
    for value in np.unique(level):
        there = level == value
        seen = np.cumsum(is_action[there], axis=0)
        counts[there] += seen - is_action[there]
    return counts
