"""The linear code of several feature maps, and the statistics of NanoDet-g's.

Each map has a transform of its own; one order of deviations runs through all of them.
The statistics are kept by cell: the deviations are equal for spatial frequencies within
an octave of either axis, the mean is equal within zones that narrow towards the border,
where convolutions see their padding.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from blocks.features.transform import Transform, analyse, synthesise, transform_of

FILE = Path(__file__).with_name("nanodet_g.npz")
OCTAVES = (1, 2, 4, 8, 16, 32)  # first frequency of each, in half periods over the map
ZONES = (1, 2, 3, 5)  # distances from the border at which zones end


class Pyramid:
    """A linear code of maps [S, S, C].

    Parameters
    ----------
    transforms : one for each map
    """

    def __init__(self, transforms: Sequence[Transform]):
        self._transforms = tuple(transforms)
        self.sigma = np.concatenate([one.sigma.ravel() for one in transforms])
        sizes = [one.sigma.size for one in transforms]
        self._ends = np.cumsum(sizes)[:-1]

    def analyse(self, maps: Sequence[np.ndarray]) -> np.ndarray:
        """Coefficients [n], float32, of all maps."""
        pairs = zip(maps, self._transforms, strict=True)
        return np.concatenate([analyse(x, one).ravel() for x, one in pairs])

    def synthesise(self, coefficients: np.ndarray) -> list[np.ndarray]:
        """Maps [S, S, C], float32, of coefficients [n]."""
        pairs = zip(np.split(coefficients, self._ends), self._transforms, strict=True)
        return [synthesise(y.reshape(t.sigma.shape), t) for y, t in pairs]


@lru_cache(maxsize=1)
def shipped() -> Pyramid:
    """The code of NanoDet-g's features."""
    with np.load(FILE) as data:
        return pyramid_of(data)


def pyramid_of(stored: Mapping[str, np.ndarray]) -> Pyramid:
    """The code of statistics by cell, as :func:`named` has them."""
    transforms = []
    for side in map(int, stored["sides"]):
        mean, forward, sigma = (stored[name] for name in named(side))
        at, of = zones(side), cells(side)
        mean = mean[np.ix_(at, at)].astype(np.float32)
        sigma = sigma[np.ix_(of, of)].astype(np.float64)
        transforms.append(transform_of(bands(side), mean, forward, sigma))
    return Pyramid(transforms)


def named(side: int) -> tuple[str, str, str]:
    """Names of mean, KLT and deviations of the map of a side."""
    return f"mean_{side}", f"forward_{side}", f"sigma_{side}"


def cells(side: int) -> np.ndarray:
    """Octave of each frequency of an axis : [side], int."""
    return np.digitize(np.arange(side), OCTAVES)


def bands(side: int) -> np.ndarray:
    """Band of each spatial frequency, the higher octave of both : [side, side], int."""
    return np.maximum.outer(cells(side), cells(side))


def zones(side: int) -> np.ndarray:
    """Zone of each position of an axis, from one border to the other : [side], int."""
    place = np.arange(side)
    near = np.digitize(place, ZONES)
    return np.where(place < side / 2, near, 2 * len(ZONES) - near[::-1])
