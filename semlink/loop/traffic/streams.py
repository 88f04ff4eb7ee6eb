"""Random numbers of many episodes at once, each from generators of its own.

An episode draws the same numbers alone and beside others, and whatever is decided.
"""

from collections.abc import Callable, Sequence

import numpy as np

from semlink.rng import seed_of

CHUNK = 256  # slots that are drawn at a time
Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


class Stream:
    """Values of each slot of several episodes.

    Parameters
    ----------
    seeds : root of each episode
    role : what the values are for
    shape : of the values of an episode in a slot
    draw : (generator, shape) -> values
    """

    def __init__(
        self, seeds: Sequence[int], role: str, shape: tuple[int, ...], draw: Draw
    ):
        self._generators = [np.random.default_rng(seed_of(s, role)) for s in seeds]
        self._shape, self._draw = (CHUNK, *shape), draw
        self._left: np.ndarray = np.empty((0,))
        self._next = CHUNK

    def __call__(self) -> np.ndarray:
        """Values of the next slot : [B, ...]."""
        if self._next == CHUNK:
            drawn = [self._draw(g, self._shape) for g in self._generators]
            self._left, self._next = np.stack(drawn, axis=1), 0
        self._next += 1
        return self._left[self._next - 1]


def normal(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Values N(0, 1)."""
    return generator.standard_normal(shape)


def uniform(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Values uniform in [0, 1)."""
    return generator.random(shape)


def first(seeds: Sequence[int], role: str, shape: tuple[int, ...], draw: Draw):
    """Values of an episode that hold for all of its slots : [B, ...]."""
    generators = (np.random.default_rng(seed_of(seed, role)) for seed in seeds)
    return np.stack([draw(generator, shape) for generator in generators])
