"""Requests of an analog link, as bits of the feedback link.

Two bits say what is asked for. Positions follow as one number for each chunk of the
payload, the least class of deviations that is sent again, range-coded given the number
before it: neighbours meet the same fade.
"""

from enum import IntEnum
from functools import cache

import numpy as np

from blocks.arq.selection import CLASSES, num_chunks
from blocks.phy.side_information import EntropyCoder, fixed_point

KIND_BITS, COUNT_BITS = 2, 24
DECAY = 0.7  # decay of a probability per class of distance to the number before
NONE, STAY = 0.05, 0.2  # probabilities of no class, and of another chunk like the last
CHUNK_BITS = 2.4  # of a chunk, on average, of a Gaussian source in block fading


class Kind(IntEnum):
    """What is asked for."""

    NOTHING = 0  # all has arrived, or is as good as it gets
    DIGITAL = 1  # side information and digital layer
    PAYLOAD = 2  # all of the payload
    POSITIONS = 3  # positions of the payload


def expected_bits(num_dimensions: int) -> float:
    """Expected number of bits of a request for positions."""
    return KIND_BITS + CHUNK_BITS * num_chunks(num_dimensions)


def written(kind: Kind, least: np.ndarray | None = None) -> np.ndarray:
    """A request as bits : [num_bits], uint8.

    Input
    -----
    least : [chunks], of ``POSITIONS``: see :func:`blocks.arq.selection.choose`
    """
    head = np.array([int(b) for b in f"{kind:02b}"], np.uint8)
    if kind != Kind.POSITIONS:
        return head
    before = np.concatenate([[CLASSES], least[:-1]])
    return np.concatenate([head, _coder().encode(least, before)])


def written_at_random(count: int) -> np.ndarray:
    """A request for a number of positions at random, as bits : [num_bits], uint8."""
    return np.array([int(b) for b in f"{Kind.POSITIONS:02b}{count:024b}"], np.uint8)


def kind_of(bits: np.ndarray) -> Kind:
    """What a request asks for."""
    return Kind(2 * int(bits[0]) + int(bits[1]))


def positions(bits: np.ndarray, num_dimensions: int) -> np.ndarray:
    """Least class of each chunk, from a request for positions : [chunks]."""
    count = num_chunks(num_dimensions)

    def row(symbols) -> int:
        return symbols[-1] if len(symbols) else CLASSES

    return _coder().decode_causal(bits[KIND_BITS:], count, row)


def count_at_random(bits: np.ndarray) -> int:
    """The number of positions of a request at random."""
    return int("".join(map(str, bits[KIND_BITS:])), 2)


@cache
def _coder() -> EntropyCoder:
    """The coder of numbers 0 to ``CLASSES``, with a table for each number before."""
    every = np.arange(CLASSES + 1)
    near = DECAY ** np.abs(np.subtract.outer(every, every))
    near[:, CLASSES] = 0
    near[CLASSES] = DECAY ** np.abs(every - 0.75 * CLASSES)
    near[CLASSES, CLASSES] = 0
    near *= (1 - NONE - STAY) / near.sum(axis=1, keepdims=True)
    near[:, CLASSES] += NONE
    near[every, every] += STAY
    return EntropyCoder(fixed_point(near))
