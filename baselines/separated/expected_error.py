"""What a receiver expects a decoded picture to differ from the original by.

A file says nothing of what was lost when it was made. The receiver knows its rate and
what it decoded: at one rate, a picture with more detail was quantised more coarsely.
The law is a regression, in decibels, over pictures and rates.
"""

from typing import NamedTuple

import numpy as np

from semlink.units import db_to_linear

LUMINANCE = (0.299, 0.587, 0.114)
FLAT = 0.1  # added to the detail [levels]


class ErrorLaw(NamedTuple):
    """PSNR = offset + by_rate log2(bits per pixel) + by_detail log2(detail) [dB].

    Made by ``python -m experiments.fitting.picture_error``.
    """

    offset_db: float
    by_rate_db: float
    by_detail_db: float

    def psnr_db(self, picture: np.ndarray, num_bytes: int) -> float:
        """Expected PSNR of a decoded picture [dB].

        Parameters
        ----------
        picture : [H, W, 3], uint8
        num_bytes : of its file
        """
        _, rate, detail = terms(picture, num_bytes)
        return self.offset_db + self.by_rate_db * rate + self.by_detail_db * detail

    def doubt(self, picture: np.ndarray, num_bytes: int) -> np.ndarray:
        """Expected squared error : [1, 1], float32 [squared levels]."""
        mse = 255.0**2 * db_to_linear(-self.psnr_db(picture, num_bytes))
        return np.full((1, 1), mse, np.float32)


def terms(picture: np.ndarray, num_bytes: int) -> tuple[float, float, float]:
    """One, the logarithm of the bits per pixel, and that of the detail.

    The detail is the mean of the absolute differences of neighbours, in luminance.
    """
    light = picture.astype(np.float32) @ np.float32(LUMINANCE)
    detail = sum(_step(np.diff(light, axis=axis)) for axis in (0, 1))
    rate = 8 * num_bytes / light.size
    return 1.0, float(np.log2(rate)), float(np.log2(detail + FLAT))


def _step(differences: np.ndarray) -> float:
    """Mean absolute difference; none in a line of pixels."""
    return float(np.abs(differences).mean()) if differences.size else 0.0
