"""SSIM and MS-SSIM of a pair of 8-bit pictures, in one pass.

SSIM is the first scale of MS-SSIM, and the Gaussian window is separable; together this
is some ten times faster on a CPU than ``tf.image``, with the same values (checked by a
test).

References
----------
Z. Wang et al., "Image quality assessment: from error visibility to structural
similarity", 2004, and "Multiscale structural similarity for image quality
assessment", 2003. Window of 11 pixels with sigma 1.5, mean over the RGB channels.
"""

import numpy as np

WINDOW = 11
SIGMA = 1.5
GAUSSIAN = np.exp(-((np.arange(WINDOW) - WINDOW // 2) ** 2) / (2 * SIGMA**2))
GAUSSIAN = (GAUSSIAN / GAUSSIAN.sum()).astype(np.float32)
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
SMALLEST_MS_SSIM = (WINDOW - 1) * 2 ** (len(SCALES) - 1) + 1  # side, in pixels


def structural_similarity(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Compare two pictures.

    Input
    -----
    a, b : [H, W, 3], uint8

    Output
    ------
    ssim : NaN if a side is shorter than the window
    ms_ssim : NaN if a side is shorter than ``SMALLEST_MS_SSIM``
    """
    side = min(a.shape[:2])
    if side < WINDOW:
        return np.nan, np.nan
    a, b = a.astype(np.float32), b.astype(np.float32)
    ssim, contrast = _one_scale(a, b)
    if side < SMALLEST_MS_SSIM:
        return float(ssim.mean()), np.nan
    product = np.maximum(contrast, 0) ** SCALES[0]
    for scale in range(1, len(SCALES)):
        a, b = _halved(a), _halved(b)
        whole, contrast = _one_scale(a, b)
        factor = contrast if scale < len(SCALES) - 1 else whole
        product *= np.maximum(factor, 0) ** SCALES[scale]
    return float(ssim.mean()), float(product.mean())


def _one_scale(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """SSIM and its contrast-structure part, mean over the picture : each [3]."""
    mean_a, mean_b = _blurred(a), _blurred(b)
    product, power = mean_a * mean_b, mean_a**2 + mean_b**2
    covariance = _blurred(a * b) - product
    variances = _blurred(a * a + b * b) - power
    contrast = (2 * covariance + C2) / (variances + C2)
    ssim = (2 * product + C1) / (power + C1) * contrast
    return ssim.mean(axis=(0, 1)), contrast.mean(axis=(0, 1))


def _blurred(x: np.ndarray) -> np.ndarray:
    """Gaussian window over [H, W, C], where it fits."""
    for axis in (0, 1):
        size = x.shape[axis] - WINDOW + 1
        x = np.moveaxis(x, axis, 0)
        x = np.moveaxis(
            sum(w * x[i : i + size] for i, w in enumerate(GAUSSIAN)), 0, axis
        )
    return x


def _halved(x: np.ndarray) -> np.ndarray:
    """Mean over 2x2 pixels; the last row or column of an odd size is repeated."""
    x = np.pad(x, ((0, x.shape[0] % 2), (0, x.shape[1] % 2), (0, 0)), mode="edge")
    return (x[::2, ::2] + x[1::2, ::2] + x[::2, 1::2] + x[1::2, 1::2]) / 4
