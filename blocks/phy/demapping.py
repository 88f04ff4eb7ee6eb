"""Exact soft demapping of Gray-labelled QAM, compiled by numba.

Gray QAM is two PAMs with alternating bits (TS 38.211, 5.1). An axis of ``2^b`` levels
needs ``2^b`` exponentials, where the whole constellation has ``4^b`` points.
"""

from functools import lru_cache

import numpy as np
from numba import njit
from sionna.phy.mapping import Constellation


def soft_bits(x_hat: np.ndarray, no: np.ndarray, num_bits: int) -> np.ndarray:
    """Demap symbols of equally likely bits.

    Input
    -----
    x_hat : [N], complex64, equalised symbols
    no : [N], float32, their noise variance; infinite for an erased symbol
    num_bits : bits of a symbol: 2, 4, 6 or 8

    Output
    ------
    : [N, num_bits], float32, log p(1)/p(0) of each bit
    """
    axes = np.stack([x_hat.real, x_hat.imag], axis=1)
    llr = np.empty((len(x_hat), num_bits // 2, 2), np.float32)
    _demap(axes, np.ascontiguousarray(no), _levels(num_bits // 2), llr)
    return llr.reshape(len(x_hat), num_bits)


@lru_cache(maxsize=4)
def _levels(num_bits: int) -> np.ndarray:
    """Levels of an axis, of energy 1/2, by their bits, the first bit weighing most."""
    return Constellation("pam", num_bits)().numpy().real.astype(float) / np.sqrt(2)


@njit(cache=True, nogil=True, error_model="numpy")
def _demap(axes, no, levels, llr):
    num_bits = llr.shape[1]
    logit, weight = np.empty(len(levels)), np.empty(len(levels))
    for symbol in range(len(axes)):
        for axis in range(2):
            _weigh(np.float64(axes[symbol, axis]), no[symbol], levels, logit, weight)
            for bit in range(num_bits):
                place = num_bits - 1 - bit
                one = _log_likelihood(logit, weight, place, 1)
                llr[symbol, bit, axis] = one - _log_likelihood(logit, weight, place, 0)


@njit(inline="always")
def _weigh(x, no, levels, logit, weight):
    """Likelihoods of the levels, over the largest, and their logarithms."""
    largest = -np.inf
    for level in range(len(levels)):
        logit[level] = -((x - levels[level]) ** 2) / no
        largest = max(largest, logit[level])
    for level in range(len(levels)):
        logit[level] -= largest
        weight[level] = np.exp(logit[level])


@njit(inline="always")
def _log_likelihood(logit, weight, place, bit):
    """Log of the summed weight of the levels with a bit at a place of their label.

    Weights may all vanish, as logarithms do not: the largest then stands for the sum.
    """
    total, largest = 0.0, -np.inf
    for level in range(len(weight)):
        if (level >> place) & 1 == bit:
            total += weight[level]
            largest = max(largest, logit[level])
    return np.log(total) if total > 0 else largest
