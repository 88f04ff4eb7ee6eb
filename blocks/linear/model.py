"""Model of the linear code, shared by both ends: transform, classes, statistics.

``experiments.fitting.fit_linear`` fits ``model.npz``; ``baselines/linear_jscc.md`` is
its model card.
"""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.fft import dctn, idctn

from blocks.phy.side_information import EntropyCoder

FILE = Path(__file__).with_name("model.npz")
SIDE = 16  # pixels of a block
NUM_BINS = 24  # bins of spatial frequency, three per octave; the first is the mean
UNIT_GAIN = 20  # index of gain 1; gains have steps of an octave


class LinearModel(NamedTuple):
    """Statistics of the coefficients of photos.

    A block has K coefficients. The maps of the first L, whose neighbours are similar,
    are transformed again over the image and have a spectrum; the others have a variance
    by the class of their block.

    basis : [768, K], float32, orthonormal columns, by falling variance
    spectrum : [NUM_BINS, L], deviation by spatial frequency
    deviation : [S, K - L], deviation by class
    prior : [S], share of blocks in each class
    bins : [NUM_BINS], share of coefficients in each bin
    coder : tables of a class given those to the left and above; last, that of the gains
    """

    basis: np.ndarray
    spectrum: np.ndarray
    deviation: np.ndarray
    prior: np.ndarray
    bins: np.ndarray
    coder: EntropyCoder

    @property
    def num_spectral(self) -> int:
        """L, number of coefficients transformed over the image."""
        return self.spectrum.shape[1]

    @property
    def num_classes(self) -> int:
        """S."""
        return len(self.deviation)

    def population(self) -> tuple[np.ndarray, np.ndarray]:
        """Deviations of a typical block, and number of each : [n], [n]."""
        per_class = np.repeat(self.prior, self.deviation.shape[1])
        per_bin = np.repeat(self.bins, self.num_spectral)
        sigma = np.concatenate([self.deviation.ravel(), self.spectrum.ravel()])
        return sigma, np.concatenate([per_class, per_bin])


@lru_cache(maxsize=1)
def shipped() -> LinearModel:
    """Read the shipped model."""
    with np.load(FILE) as data:
        return LinearModel(
            data["basis"].astype(np.float32),
            np.exp2(data["log2_spectrum"].astype(np.float64)),
            np.exp2(data["log2_deviation"].astype(np.float64)),
            data["prior"].astype(np.float64),
            data["bins"].astype(np.float64),
            EntropyCoder(data["frequencies"]),
        )


def grid_of(height: int, width: int) -> tuple[int, int]:
    """Blocks down and across an image, the last ones padded."""
    return -(-height // SIDE), -(-width // SIDE)


def analyse(image: np.ndarray, colour: np.ndarray, model: LinearModel) -> np.ndarray:
    """Transform an image.

    Input
    -----
    image : [H, W, 3], uint8
    colour : [3], uint8, colour subtracted from all pixels

    Output
    ------
    : [B, K], float32, of pixels in [0, 1], blocks row by row
    """
    height, width, _ = image.shape
    down, across = grid_of(height, width)
    room = (0, down * SIDE - height), (0, across * SIDE - width), (0, 0)
    # padding repeats the edge, which is cheap to send; the receiver drops it
    pixels = np.pad(image, room, mode="edge").astype(np.float32) - colour
    blocks = pixels.reshape(down, SIDE, across, SIDE, 3).swapaxes(1, 2)
    x = blocks.reshape(down * across, -1) @ (model.basis / np.float32(255))
    maps = x[:, : model.num_spectral].reshape(down, across, -1)
    x[:, : model.num_spectral] = dctn(maps, axes=(0, 1), norm="ortho").reshape(
        down * across, -1
    )
    return x


def synthesise(
    x: np.ndarray, colour: np.ndarray, size: tuple[int, int], model: LinearModel
) -> np.ndarray:
    """Transform coefficients [B, K] back to an image of a size : [H, W, 3], uint8."""
    down, across = grid_of(*size)
    maps = x[:, : model.num_spectral].reshape(down, across, -1)
    x = x.copy()
    x[:, : model.num_spectral] = idctn(maps, axes=(0, 1), norm="ortho").reshape(
        down * across, -1
    )
    blocks = x.astype(np.float32) @ (model.basis.T * np.float32(255))
    pixels = blocks.reshape(down, across, SIDE, SIDE, 3).swapaxes(1, 2)
    pixels = pixels.reshape(down * SIDE, across * SIDE, 3) + colour
    pixels = pixels[: size[0], : size[1]]
    return np.clip(np.round(pixels), 0, 255).astype(np.uint8)


@lru_cache(maxsize=64)
def frequency_bins(grid: tuple[int, int]) -> np.ndarray:
    """Bin of spatial frequency of each coefficient of a map : [B], int.

    Frequencies are per block, so images of all sizes share one spectrum.
    """
    down, across = (np.arange(n) / n for n in grid)
    frequency = np.hypot(down[:, None], across[None, :])
    frequency[0, 0] = 1  # its bin is set below
    bins = np.round(3 * np.log2(frequency)).astype(int) + NUM_BINS - 3
    bins = np.clip(bins, 1, NUM_BINS - 1)
    bins[0, 0] = 0
    return bins.reshape(-1)


def spectral_deviation(grid: tuple[int, int], model: LinearModel) -> np.ndarray:
    """Deviation of the coefficients transformed over an image : [B, L].

    The deviation of the mean grows with the size of the image.
    """
    sigma = model.spectrum[frequency_bins(grid)]
    sigma[0] *= np.sqrt(grid[0] * grid[1])
    return sigma


def gains_of(x: np.ndarray, grid: tuple[int, int], model: LinearModel) -> np.ndarray:
    """Gains of an image's spectrum over the model's : [L], indices in octaves."""
    spectral = x[1:, : model.num_spectral]
    if not len(spectral):
        return np.full(model.num_spectral, UNIT_GAIN)
    ratio = np.mean((spectral / spectral_deviation(grid, model)[1:]) ** 2, axis=0)
    octaves = np.round(np.log2(np.maximum(ratio, 1e-12))).astype(int)
    return np.clip(octaves + UNIT_GAIN, 0, model.num_classes - 1)


def deviations(
    gains: np.ndarray, classes: np.ndarray, grid: tuple[int, int], model: LinearModel
) -> np.ndarray:
    """Deviation of every coefficient of an image, derived at both ends.

    Input
    -----
    gains : [L], indices
    classes : [B], indices

    Output
    ------
    : [B, K], float64
    """
    spectral = spectral_deviation(grid, model) * np.exp2((gains - UNIT_GAIN) / 2)
    return np.concatenate([spectral, model.deviation[classes]], axis=1)
