"""Analog transmission of independent Gaussian components: power, LMMSE, packing.

A component of standard deviation ``sigma`` is multiplied by a gain and sent on one real
dimension, of which a complex symbol has two; its power is ``gain^2 sigma^2``. Symbols
of ``E|x|^2 = 1`` have power 1/2 per dimension, and noise ``no / 2``.
"""

import numpy as np


def power_by_deviation(sigma: np.ndarray, total: float) -> np.ndarray:
    """Power in proportion to ``sigma``: the optimum as the noise vanishes.

    It needs no channel state at the transmitter.

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

    Components below the floor get no power.

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
    """Deviation below which the optimal allocation spends no power.

    With m components active, ``floor = noise sum(sigma) / (total + m noise)``; m is the
    largest number whose weakest component is above the floor.

    Input
    -----
    sigma : [n], standard deviations, above zero
    noise, total : as for :func:`power_by_noise`
    weights : [n], number of components of each deviation; one by default
    """
    order = np.argsort(sigma)[::-1]
    strongest = np.asarray(sigma, np.float64)[order]
    count = np.ones(len(sigma)) if weights is None else weights[order]
    floors = noise * np.cumsum(count * strongest) / (total + noise * np.cumsum(count))
    return float(floors[np.flatnonzero(strongest > floors)[-1]])


def distortion(power: np.ndarray, sigma: np.ndarray, noise) -> np.ndarray:
    """Mean squared error of each component after LMMSE : [n].

    The error of a component without power is its variance.
    """
    return sigma**2 * noise / (power + noise)


def spread(values: np.ndarray, num_dimensions: int) -> np.ndarray:
    """Put n values on at least as many dimensions at the same total power.

    Spare dimensions repeat values in turn; copies share the power of their value. Over
    fading this gives diversity; over AWGN it equals a single dimension.

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
    """LMMSE estimates of values sent with :func:`spread`.

    Input
    -----
    received : [num_dimensions], float
    noise : [num_dimensions], noise variance of each dimension
    gain : [n], gain of each value, above zero
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


def lmmse_error(noise: np.ndarray, gain: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Expected squared error of :func:`lmmse` : [n]; parameters are the same."""
    source, copies = _turns(len(gain), len(noise))
    precision = np.bincount(source, 1 / noise, len(gain)) / copies
    return sigma**2 / (1 + (sigma * gain) ** 2 * precision)


def pack(values: np.ndarray) -> np.ndarray:
    """Pair values [n] on I and Q : [ceil(n / 2)], complex64; zero-padded."""
    pairs = np.pad(values, (0, len(values) % 2)).astype(np.float32)
    return pairs.view(np.complex64)


def unpack(
    x_hat: np.ndarray, no: np.ndarray, num_dimensions: int
) -> tuple[np.ndarray, np.ndarray]:
    """Symbols to real dimensions.

    Input
    -----
    x_hat : [ceil(num_dimensions / 2)], complex64, equalised symbols
    no : [ceil(num_dimensions / 2)], float32, noise variance of each symbol

    Output
    ------
    received : [num_dimensions], float32
    noise : [num_dimensions], float32, ``no / 2``
    """
    received = np.ascontiguousarray(x_hat, np.complex64).view(np.float32)
    noise = np.repeat(no / 2, 2).astype(np.float32)
    return received[:num_dimensions], noise[:num_dimensions]


class LogScale:
    """Logarithmic quantiser of positive numbers.

    Parameters
    ----------
    num_bits : bits of the index
    lowest, highest : ends of the range, to which numbers are clipped
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
        """The number of an index."""
        return float(np.exp(self._lowest + self._step * index))


def _turns(num_values: int, num_dimensions: int) -> tuple[np.ndarray, np.ndarray]:
    """Index of the value on each dimension, and number of dimensions of each value."""
    source = np.arange(num_dimensions) % num_values
    return source, np.bincount(source, minlength=num_values)
