"""Which dimensions of an analog transmission to send again.

A dimension of deviation sigma, received at the signal-to-noise ratio gamma, has the
expected error ``sigma^2 / (1 + gamma)``. A repetition adds to gamma, and the error
falls by less and less: to repeat the dimensions of the largest reduction is optimal.

Symbols in a row meet the same fade, and in one fade the reduction grows with the
deviation. So a request has one number for each chunk of symbols: the least deviation
that is sent again. The deviations are known to both ends.
"""

from typing import NamedTuple

import numpy as np

from blocks.phy.analog import distortion, power_by_deviation

CHUNK = 168  # dimensions of a chunk: half a resource block of a slot
CLASSES = 7  # of deviations
PER_OCTAVE = 1
OFF_EDGE = 0.37  # so that no deviation of a table lies at the edge of a class
LEAST_POWER = 0.05  # of a dimension, before it is sent again at another power
MOST_NOISE = 1e6  # of a dimension; as good as erased
PASSES = 3  # for powers that depend on the choice


class Dimensions(NamedTuple):
    """Dimensions of a transmission, as both ends know them.

    sigma : [n], deviations of what they carry
    power : [n], their expected power, one on average
    """

    sigma: np.ndarray
    power: np.ndarray

    @property
    def rank(self) -> np.ndarray:
        """Class of each deviation : [n], 0 to ``CLASSES - 1``; the strongest last."""
        octaves = np.log2(self.sigma.max(initial=1e-9) / self.sigma)
        below = np.floor(PER_OCTAVE * octaves + OFF_EDGE)
        return CLASSES - 1 - np.clip(below, 0, CLASSES - 1).astype(np.int64)

    def asked(self, least: np.ndarray) -> np.ndarray:
        """The dimensions of a request : [n], bool.

        Input
        -----
        least : [chunks], least class that is sent again; ``CLASSES`` for none
        """
        return self.rank >= np.repeat(least, CHUNK)[: len(self.sigma)]

    def gains(self, asked: np.ndarray) -> np.ndarray:
        """Factors of the dimensions of a request, at a mean power of one : [m]."""
        if not asked.any():
            return np.ones(0)
        wanted = power_by_deviation(self.sigma[asked], np.count_nonzero(asked))
        return np.sqrt(wanted / np.maximum(self.power[asked], LEAST_POWER))


def at_random(num_dimensions: int, count: int, number: int) -> np.ndarray:
    """Positions that both ends draw alike : [n], bool, of which ``count`` are true.

    Parameters
    ----------
    number : number of the transmission
    """
    draw = np.random.default_rng((num_dimensions, number))
    asked = np.zeros(num_dimensions, bool)
    asked[draw.permutation(num_dimensions)[:count]] = True
    return asked


def num_chunks(num_dimensions: int) -> int:
    """Number of chunks of dimensions."""
    return -(-num_dimensions // CHUNK)


def choose(
    of: Dimensions, noise: np.ndarray, weight: np.ndarray, limit: int
) -> np.ndarray:
    """The request whose repetition lowers the expected error most.

    Input
    -----
    noise : [n], noise variance of each dimension, as combined so far
    weight : [n], weight of its squared error
    limit : largest number of dimensions of the request

    Output
    ------
    least : [chunks], least class that is sent again; ``CLASSES`` for none
    """
    noise = np.minimum(noise, MOST_NOISE)
    again, least = _typical(noise), np.full(num_chunks(len(noise)), CLASSES)
    gains = np.ones(len(noise))
    for _ in range(PASSES):
        after = 1 / (1 / noise + gains**2 / again)
        now, then = (distortion(of.power, of.sigma, n) for n in (noise, after))
        least = _thresholds(of.rank, weight * (now - then), limit)
        asked = of.asked(least)
        if asked.any():
            # power that others of the same class would get
            mean = of.sigma[asked].mean()
            power = np.maximum(of.power, LEAST_POWER)
            gains = np.sqrt(of.sigma / mean / power)
    return least


def _typical(noise: np.ndarray) -> float:
    """Noise variance at the mean signal-to-noise ratio."""
    return float(1 / np.mean(1 / noise))


def _thresholds(rank: np.ndarray, reduction: np.ndarray, limit: int) -> np.ndarray:
    """Least class of each chunk; greedy by the mean reduction of a class.

    A class is sent with all that are stronger in its chunk.
    """
    chunks = num_chunks(len(rank))
    place = np.arange(len(rank)) // CHUNK * CLASSES + rank
    count, total = (
        np.bincount(place, w, chunks * CLASSES).reshape(chunks, CLASSES)[:, ::-1]
        for w in (None, reduction)
    )
    mean = np.where(count > 0, total / np.maximum(count, 1), np.inf)
    mean = np.minimum.accumulate(mean, axis=1)
    order = np.argsort(-mean, axis=None, kind="stable")
    fits = np.cumsum(count.ravel()[order]) <= limit
    chosen = np.zeros(count.size, bool)
    chosen[order] = fits & (mean.ravel()[order] > 0)
    return CLASSES - chosen.reshape(count.shape).sum(axis=1)
