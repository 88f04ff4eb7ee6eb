"""Repeated values as one, by maximum-ratio combining.

The signal-to-noise ratios of the repetitions add up: r repetitions are one at
10 log10(r) dB more.
"""

import numpy as np


def combined(weighed: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums over repetitions to values and noise variances.

    Input
    -----
    weighed : [n], real or complex, sum of the values over their noise variances
    weights : [n], sum of the inverse noise variances; zero if all were erased

    Output
    ------
    values : [n], float32 or complex64
    noise : [n], float32, infinite for an erased value, which is zero
    """
    weights = weights.astype(np.float32)
    there, zero = weights > 0, np.zeros(len(weights), weighed.dtype)
    values = np.divide(weighed, weights, zero, where=there)
    noise = np.divide(1, weights, np.full(len(there), np.inf, np.float32), where=there)
    return values, noise


class Repeated:
    """Values received once or several times.

    Parameters
    ----------
    size : number of values
    dtype : their type, ``float32`` or ``complex64``
    """

    def __init__(self, size: int, dtype: type = np.complex64):
        self._weighed = np.zeros(size, dtype)
        self._weights = np.zeros(size, np.float64)

    def take(self, values: np.ndarray, noise: np.ndarray, where=slice(None)) -> None:
        """Add a reception of all values, or of those at an index or mask.

        Input
        -----
        values : [m], of the type
        noise : [m], noise variances, above zero; infinite for an erased value
        """
        weight = 1 / np.asarray(noise, np.float64)
        self._weighed[where] += (values * weight).astype(self._weighed.dtype)
        self._weights[where] += weight

    @property
    def values(self) -> tuple[np.ndarray, np.ndarray]:
        """All values [n], and their noise variances [n], float32."""
        return combined(self._weighed, self._weights)
