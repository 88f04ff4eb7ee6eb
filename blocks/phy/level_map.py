"""Entropy code of a map of a few levels, such as a map of importance.

A cell is predicted from its neighbours to the left, above and in between, as in a map
of rectangles, whose cost is that of their corners. Both ends hold one fixed table.
"""

from functools import cache

import numpy as np

from blocks.phy.side_information import EntropyCoder, fixed_point

LIKELY = 0.98  # probability of a prediction without doubt; a doubtful one has half


class LevelMaps:
    """Coder of maps.

    Parameters
    ----------
    num_levels : levels from 0 on
    """

    def __init__(self, num_levels: int):
        self._num_levels = num_levels
        self._coder = _coder(num_levels)

    def encode(self, levels: np.ndarray) -> np.ndarray:
        """Levels [h, w] to bits [n], uint8; none for a map of zeros."""
        if not levels.any():
            return np.zeros(0, np.uint8)
        around = np.pad(levels.astype(int), ((1, 0), (1, 0)))
        rows = self._row(around[1:, :-1], around[:-1, 1:], around[:-1, :-1])
        return self._coder.encode(levels.ravel(), rows.ravel())

    def decode(self, bits: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
        """Bits to levels [h, w], uint8.

        Raises
        ------
        ValueError
            No map has these bits.
        """
        if not len(bits):
            return np.zeros(shape, np.uint8)
        across = shape[1]

        def row_of(before: list[int]) -> int:
            down, along = divmod(len(before), across)
            left = before[-1] if along else 0
            above = before[-across] if down else 0
            corner = before[-across - 1] if down and along else 0
            return self._row(left, above, corner)

        levels = self._coder.decode_causal(bits, shape[0] * across, row_of)
        return levels.reshape(shape).astype(np.uint8)

    def _row(self, left, above, corner):
        """Row of the table, from the three neighbours."""
        return (left * self._num_levels + above) * self._num_levels + corner


@cache
def _coder(num_levels: int) -> EntropyCoder:
    shape = (num_levels,) * 3
    table = np.full((*shape, num_levels), (1 - LIKELY) / (num_levels - 1))
    for left, above, corner in np.ndindex(shape):
        ways = {left, above}
        if corner == left:
            ways = {above}
        elif corner == above:
            ways = {left}
        table[left, above, corner, list(ways)] = LIKELY / len(ways)
    return EntropyCoder(fixed_point(table.reshape(-1, num_levels)))
