"""SSIM and MS-SSIM of a pair of 8-bit pictures, in one pass.

SSIM is the first scale of MS-SSIM, the Gaussian window is separable, and OpenCV applies
it; together this is some twenty times faster on a CPU than ``tf.image``, with the same
values (checked by a test).

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
    """SSIM and its contrast-structure part, mean over the picture : each [3].

    Arithmetic is in place: the time of a picture is that of its passes through memory.
    """
    mean_a, mean_b = _blurred(a), _blurred(b)
    power = mean_a * mean_a
    power += mean_b * mean_b
    product = np.multiply(mean_a, mean_b, out=mean_a)
    contrast = _ratio(_blurred(a * b) - product, _blurred(a * a + b * b) - power, C2)
    ssim = _ratio(product, power, C1)
    ssim *= contrast
    return ssim.mean(axis=(0, 1)), contrast.mean(axis=(0, 1))


def _ratio(product: np.ndarray, power: np.ndarray, constant: float) -> np.ndarray:
    """``(2 product + constant) / (power + constant)``, in place of the product."""
    product *= 2
    product += constant
    power += constant
    product /= power
    return product


def _blurred(x: np.ndarray) -> np.ndarray:
    """Gaussian window over [H, W, C], where it fits."""
    from cv2 import sepFilter2D

    inside = slice(WINDOW // 2, -(WINDOW // 2))
    return sepFilter2D(x, -1, GAUSSIAN, GAUSSIAN)[inside, inside]


def _halved(x: np.ndarray) -> np.ndarray:
    """Mean over 2x2 pixels; the last row or column of an odd size is repeated."""
    from cv2 import INTER_AREA, resize

    x = np.pad(x, ((0, x.shape[0] % 2), (0, x.shape[1] % 2), (0, 0)), mode="edge")
    return resize(x, None, fx=0.5, fy=0.5, interpolation=INTER_AREA)
