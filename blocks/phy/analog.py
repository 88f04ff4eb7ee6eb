"""Analog transmission of independent Gaussian components: power, LMMSE, packing.

A component of standard deviation ``sigma`` is multiplied by a gain and sent on one
real dimension, of which a complex symbol has two; what it costs is its power
``gain^2 sigma^2``. Symbols of ``E|x|^2 = 1`` have half of that on each dimension,
and so has the noise: ``no / 2``.
"""

import numpy as np


def power_by_deviation(sigma: np.ndarray, total: float) -> np.ndarray:
    """Power in proportion to ``sigma``: the optimum as the noise vanishes.

    Needs no channel state at the transmitter.

    Input
    -----
    sigma : [n], standard deviations, above zero
    total : sum of the powers

    Output
    ------
    power : [n]
    """
    return sigma * (total / sigma.sum())


def power_by_noise(sigma: np.ndarray, noise: float, total: float) -> np.ndarray:
    """Power of least squared error: ``max(0, (sigma / floor - 1) noise)``.

    Components below the floor are not worth their power.

    Input
    -----
    sigma : [n], standard deviations, above zero
    noise : noise variance of a real dimension
    total : sum of the powers

    Output
    ------
    power : [n]

    References
    ----------
    K.-H. Lee, D. Petersen, "Optimal linear coding for vector channels", 1976.
    """
    return noise * np.maximum(sigma / floor(sigma, noise, total) - 1, 0)


def floor(sigma: np.ndarray, noise: float, total: float, weights=None) -> float:
    """The deviation below which the optimum spends no power.

    With m components active, ``floor = noise sum(sigma) / (total + m noise)``; m is
    the largest number whose weakest member is above it.

    Input
    -----
    sigma : [n], standard deviations, above zero
    noise, total : as for :func:`power_by_noise`
    weights : [n], how many components there are of each; one by default
    """
    order = np.argsort(sigma)[::-1]
    strongest = np.asarray(sigma, np.float64)[order]
    count = np.ones(len(sigma)) if weights is None else weights[order]
    floors = noise * np.cumsum(count * strongest) / (total + noise * np.cumsum(count))
    return float(floors[np.flatnonzero(strongest > floors)[-1]])


def distortion(power: np.ndarray, sigma: np.ndarray, noise) -> np.ndarray:
    """Mean squared error of each component after LMMSE : [n].

    A component that gets no power has its variance for an error.
    """
    return sigma**2 * noise / (power + noise)


def spread(values: np.ndarray, num_dimensions: int) -> np.ndarray:
    """Put n values on at least as many dimensions at the same total power.

    Spare dimensions repeat values in turn, which share their power over their
    copies: over fading that is diversity, without it as good as one dimension.

    Input
    -----
    values : [n], float

    Output
    ------
    : [num_dimensions], float
    """
    source, copies = _turns(len(values), num_dimensions)
    return (values / np.sqrt(copies))[source]


def lmmse(
    received: np.ndarray, noise: np.ndarray, gain: np.ndarray, sigma: np.ndarray
) -> np.ndarray:
    """Linear estimates of least squared error of values that were spread.

    Input
    -----
    received : [num_dimensions], float
    noise : [num_dimensions], noise variance of each dimension
    gain : [n], by which each value was multiplied, above zero
    sigma : [n], standard deviations

    Output
    ------
    : [n], estimates of the values before the gain
    """
    num_values = len(gain)
    source, copies = _turns(num_values, len(received))
    matched = np.bincount(source, received / noise, num_values)
    precision = np.bincount(source, 1 / noise, num_values) / copies
    return gain * matched / np.sqrt(copies) / (sigma**-2.0 + gain**2 * precision)


def pack(values: np.ndarray) -> np.ndarray:
    """Pair values [n] on I and Q : [ceil(n / 2)], complex64; a zero fills up."""
    pairs = np.pad(values, (0, len(values) % 2)).astype(np.float32)
    return pairs.view(np.complex64)


def unpack(
    x_hat: np.ndarray, no: np.ndarray, num_dimensions: int
) -> tuple[np.ndarray, np.ndarray]:
    """Symbols to real dimensions.

    Input
    -----
    x_hat : [ceil(num_dimensions / 2)], complex64, equalised symbols
    no : as many, float32, their noise variance, each its own over fading

    Output
    ------
    received : [num_dimensions], float32
    noise : [num_dimensions], float32, ``no / 2``
    """
    received = np.ascontiguousarray(x_hat, np.complex64).view(np.float32)
    noise = np.repeat(no / 2, 2).astype(np.float32)
    return received[:num_dimensions], noise[:num_dimensions]


class LogScale:
    """A positive number in a few bits, in equal steps of its logarithm.

    Parameters
    ----------
    num_bits : of the index
    lowest, highest : ends of the range, into which numbers are clipped
    """

    def __init__(self, num_bits: int, lowest: float, highest: float):
        self._last = 2**num_bits - 1
        self._lowest = np.log(lowest)
        self._step = (np.log(highest) - self._lowest) / self._last

    def index(self, value: float) -> int:
        """The nearest index."""
        steps = (np.log(value) - self._lowest) / self._step
        return int(np.clip(np.round(steps), 0, self._last))

    def value(self, index: int) -> float:
        """The number that an index stands for."""
        return float(np.exp(self._lowest + self._step * index))


def _turns(num_values: int, num_dimensions: int) -> tuple[np.ndarray, np.ndarray]:
    """Which value each dimension carries, and on how many each value is."""
    source = np.arange(num_dimensions) % num_values
    return source, np.bincount(source, minlength=num_values)
