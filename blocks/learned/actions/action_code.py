"""The code of signalled actions: probabilities adapt to the actions of the picture.

An action is coded in raster order, given the level of its position and its context:
the sum of the offsets of the left and of the upper neighbour. Its probability is in
proportion to its count at positions of the level, times its count in the context, over
the count in the context that the levels alone predict. Counts are integers, so both
ends have the same.

References
----------
I. Witten, R. Neal, J. Cleary, "Arithmetic coding for data compression", Communications
of the ACM 30(6), 1987, for adaptive models.
"""

from collections.abc import Sequence

import numpy as np

from blocks.nn.jscc import LEVELS
from blocks.nn.policy import NEUTRAL, OFFSETS
from blocks.phy.range_coder import decode_adaptive
from blocks.phy.side_information import EntropyCoder, fixed_point

CONTEXTS = 2 * len(OFFSETS) - 1
INITIAL = (1, 2, 3, 2, 1)  # counts of a level before the first action
PRIOR = 6  # counts of a context before the first action, of each action
FINE = 1 << 12  # counts of a context are in multiples of 1 / FINE


def contexts(action: np.ndarray) -> np.ndarray:
    """Context of each position : [1, h, w], entries of ``OFFSETS`` -> 0 to 8."""
    sides = np.pad(action, ((0, 0), (1, 0), (1, 0)), constant_values=NEUTRAL)
    return sides[:, 1:, :-1] + sides[:, :-1, 1:]


def information(action: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Information of each action at each level and context, from counts of a picture.

    Input
    -----
    action : [1, h, w], integers, entries of ``OFFSETS``
    level : [1, h, w], int32

    Output
    ------
    : [L, C, A], float64, bits
    """
    of_level = np.tile(np.float64(INITIAL), (len(LEVELS), 1))
    np.add.at(of_level, (level, action), 1)
    of_level /= of_level.sum(axis=1, keepdims=True)
    after, expected = np.full((2, CONTEXTS, len(OFFSETS)), float(PRIOR))
    context = contexts(action)
    np.add.at(after, (context, action), 1)
    np.add.at(expected, context, of_level[level])
    share = of_level[:, None] * (after / expected)
    return -np.log2(share / share.sum(axis=-1, keepdims=True))


def encode(action: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Actions [1, h, w] given levels [1, h, w] to bits [n], uint8."""
    counts, weights = _Counts(level), []
    action = action.ravel()
    for place in range(len(action)):
        weights.append(counts.weights(action[:place]))
    return EntropyCoder(fixed_point(weights)).encode(action, np.arange(len(action)))


def decode(bits: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Bits to actions [1, h, w], given levels [1, h, w].

    Raises
    ------
    ValueError
        No encoder makes these bits.
    """
    counts = _Counts(level)

    def table_of(decoded: Sequence[int]) -> np.ndarray:
        return fixed_point(counts.weights(decoded))

    action = decode_adaptive(bits, level.size, table_of).reshape(level.shape)
    if not np.array_equal(encode(action, level), bits):
        raise ValueError(f"bits must come from an encoder, got {len(bits)} others")
    return action


class _Counts:
    """Counts of the actions so far, at each level and in each context.

    Parameters
    ----------
    level : [1, h, w], int32
    """

    def __init__(self, level: np.ndarray):
        self._level, self._width = level.ravel().tolist(), level.shape[-1]
        self._of_level = [list(INITIAL) for _ in LEVELS]
        self._after, self._expected = (
            [[PRIOR * FINE] * len(OFFSETS) for _ in range(CONTEXTS)] for _ in range(2)
        )

    def weights(self, previous: Sequence[int]) -> list[int]:
        """Weights of the actions of a position, after all ``previous`` : [A].

        Called for each position in turn.
        """
        place = len(previous)
        if place:
            self._add(int(previous[-1]))
        left = int(previous[-1]) if place % self._width else NEUTRAL
        upper = int(previous[-self._width]) if place >= self._width else NEUTRAL
        self._now = self._level[place], left + upper
        level, context = self._now
        counts = self._of_level[level], self._after[context], self._expected[context]
        return [FINE * n * a // e + 1 for n, a, e in zip(*counts, strict=True)]

    def _add(self, action: int) -> None:
        level, context = self._now
        of_level, expected = self._of_level[level], self._expected[context]
        total = sum(of_level)
        for each, count in enumerate(of_level):
            expected[each] += FINE * count // total
        self._after[context][action] += FINE
        of_level[action] += 1
