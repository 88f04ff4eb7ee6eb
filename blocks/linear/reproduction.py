"""Coefficients to a picture that both ends compute to the last bit.

Processors and libraries round sums of floating-point numbers differently. Here, the
terms of the sum are whole numbers, and the sum is below 2^53: it is exact in any order.
"""

import numpy as np
from scipy.fft import idctn

from blocks.linear.model import SIDE, LinearModel, grid_of

COEFFICIENT, BASIS = 2.0**14, 2.0**20  # steps of fixed point
LARGEST = 2.0**20  # of a coefficient in steps


def reproduce(
    x: np.ndarray,
    colour: np.ndarray,
    size: tuple[int, int],
    model: LinearModel,
    under: np.ndarray | int = 0,
) -> np.ndarray:
    """Transform coefficients back to an image, which is added to another.

    Input
    -----
    x : [B, K], coefficients
    colour : [3], uint8, colour that was subtracted from all pixels
    size : height and width
    under : [H, W, 3], integers that are added before clipping

    Output
    ------
    : [H, W, 3], uint8
    """
    down, across = grid_of(*size)
    spectral = slice(model.num_spectral)
    x = x.copy()
    maps = x[:, spectral].reshape(down, across, -1)
    blocks = idctn(maps, axes=(0, 1), norm="ortho")
    x[:, spectral] = blocks.reshape(down * across, -1)
    whole = np.clip(np.round(x * COEFFICIENT), -LARGEST, LARGEST)
    basis = np.round(model.basis.astype(np.float64) * BASIS)
    levels = np.round(whole @ basis.T * (255 / (COEFFICIENT * BASIS))).astype(int)
    pixels = levels.reshape(down, across, SIDE, SIDE, 3).swapaxes(1, 2)
    pixels = pixels.reshape(down * SIDE, across * SIDE, 3)[: size[0], : size[1]]
    return np.clip(pixels + colour + under, 0, 255).astype(np.uint8)
