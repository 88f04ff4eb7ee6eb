"""Noiseless symbols for bounds: as many bits per symbol as float32 can hold.

The bound that sends them determines the channel uses that they count as, such as by a
capacity.
"""

import numpy as np

LEVEL_BITS = 12
BITS_PER_SYMBOL = 2 * LEVEL_BITS
WEIGHTS = 1 << np.arange(LEVEL_BITS)[::-1]
SPACING = np.sqrt(1.5 / (4.0**LEVEL_BITS - 1))  # unit mean energy


def pack(bits: np.ndarray, num_symbols: int) -> np.ndarray:
    """Put bits on exactly ``num_symbols`` symbols, padded with random bits.

    bits [n], uint8, n <= 24 num_symbols -> [num_symbols], complex64
    """
    size = BITS_PER_SYMBOL * num_symbols
    if len(bits) > size:
        raise ValueError(f"{num_symbols} symbols hold {size} bits, got {len(bits)}")
    filler = np.random.default_rng(0).integers(0, 2, size - len(bits), np.uint8)
    levels = np.concatenate([bits, filler]).reshape(-1, LEVEL_BITS) @ WEIGHTS
    pam = ((2 * levels - (2**LEVEL_BITS - 1)) * SPACING).reshape(-1, 2)
    return (pam[:, 0] + 1j * pam[:, 1]).astype(np.complex64)


def unpack(x: np.ndarray) -> np.ndarray:
    """All bits of symbols : [N], complex64 -> [24 N], uint8."""
    pam = np.stack([x.real, x.imag], axis=-1).astype(np.float64).reshape(-1)
    levels = np.round((pam / SPACING + 2**LEVEL_BITS - 1) / 2).astype(np.int64)
    return (levels[:, None] & WEIGHTS > 0).astype(np.uint8).reshape(-1)
