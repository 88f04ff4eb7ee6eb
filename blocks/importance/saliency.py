"""What stands out: the spectral residual of the luminance.

References
----------
X. Hou, L. Zhang, "Saliency detection: a spectral residual approach", CVPR 2007.
"""

import numpy as np
from scipy.ndimage import gaussian_filter, uniform_filter

from blocks.importances import Importance, grid_of
from semlink.signals import Sample

WIDTH = 64  # pixels of the longer side that is analysed
SMOOTH = 2.5  # standard deviation of the last filter, in these pixels
CELLS = 2  # side of a square of one level, in cells
SHARES = (0.5, 0.75, 0.9)  # of the squares below levels 1, 2 and 3


class Salient:
    """Squares in the order of their saliency: a half, a quarter, 15 % and 10 %.

    Squares of two cells by two need about a third of the bits of single cells.
    """

    hears_query = False

    def __call__(self, sample: Sample) -> np.ndarray:
        down, across = grid_of(sample.data.shape)
        coarse = -(-down // CELLS), -(-across // CELLS)
        saliency = _on(coarse, spectral_residual(sample.data))
        levels = np.searchsorted(np.quantile(saliency, SHARES), saliency)
        whole = levels.repeat(CELLS, axis=0).repeat(CELLS, axis=1)
        return whole[:down, :across].astype(np.uint8)


def spectral_residual(image: np.ndarray) -> np.ndarray:
    """Saliency of an image [H, W, 3], uint8 : [h, w], float64, sides up to 64."""
    height, width = image.shape[:2]
    scale = min(WIDTH / max(height, width), 1)
    size = max(round(height * scale), 1), max(round(width * scale), 1)
    spectrum = np.fft.fft2(_on(size, image.mean(axis=2)))
    log_amplitude = np.log(np.abs(spectrum) + 1e-9)
    residual = log_amplitude - uniform_filter(log_amplitude, 3, mode="wrap")
    phase = np.angle(spectrum)
    energy = np.abs(np.fft.ifft2(np.exp(residual + 1j * phase))) ** 2
    return gaussian_filter(energy, SMOOTH)


def _on(size: tuple[int, int], values: np.ndarray) -> np.ndarray:
    """Values on another grid, by areas where it is coarser."""
    from cv2 import INTER_AREA, INTER_LINEAR, resize

    by = INTER_AREA if size[0] < values.shape[0] else INTER_LINEAR
    return resize(np.asarray(values, np.float32), size[::-1], interpolation=by)


def build() -> Importance:
    """Build the component; it has no parameters."""
    return Salient()
