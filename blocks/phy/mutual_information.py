"""Mutual information of bit-interleaved QAM, to compare a channel with AWGN.

References
----------
G. Caire, G. Taricco, E. Biglieri, "Bit-interleaved coded modulation", IEEE Trans. Inf.
Theory, 1998, eq. (15).
"""

from functools import lru_cache

import numpy as np

from semlink.units import db_to_linear

GRID_DB = np.arange(-30.0, 45.01, 0.25)
NODES = 48  # quadrature nodes of the integral over the noise


def information(num_bits_per_symbol: int, snr_db: np.ndarray) -> np.ndarray:
    """Mutual information between a coded bit and its LLR, 0 to 1.

    Input
    -----
    snr_db : Es/N0 [dB] of symbols, any shape
    """
    return np.interp(snr_db, GRID_DB, _curve(num_bits_per_symbol))


def snr_of(num_bits_per_symbol: int, bits: np.ndarray) -> np.ndarray:
    """Es/N0 [dB] of an AWGN channel with this mutual information per coded bit."""
    return np.interp(bits, _curve(num_bits_per_symbol), GRID_DB)


@lru_cache(maxsize=8)
def _curve(num_bits_per_symbol: int) -> np.ndarray:
    """Information at each Es/N0 of the grid: Gray QAM is two Gray PAMs."""
    order = num_bits_per_symbol // 2
    index = np.arange(2**order)
    levels = 2.0 * index - (2**order - 1)
    levels /= np.sqrt(2 * np.mean(levels**2))  # half of the energy of a symbol
    gray = index ^ index >> 1
    bits = gray[:, None] >> np.arange(order) & 1  # [levels, order]
    node, weight = np.polynomial.hermite.hermgauss(NODES)
    curve = [
        _bits_at(levels, bits, node, weight, 1 / db_to_linear(snr_db))
        for snr_db in GRID_DB
    ]
    return np.maximum.accumulate(np.array(curve) + 1e-12 * np.arange(len(curve)))


def _bits_at(levels, bits, node, weight, no) -> float:
    """Mean over bits, levels and noise of 1 - log2(p(y) / p(y | bit))."""
    y = levels[:, None] + np.sqrt(no) * node  # [levels, nodes]
    distance = (y[..., None] - levels) ** 2 / no
    likelihood = np.exp(distance.min(-1, keepdims=True) - distance)
    same = bits[:, None] == bits  # [levels, levels, order]
    alike = np.einsum("lnm,lmb->lnb", likelihood, same)
    loss = np.log2(likelihood.sum(-1, keepdims=True) / alike).mean(-1)
    return float(1 - np.mean(loss @ weight) / np.sqrt(np.pi))
