"""JPEG XL, then LDPC and QAM."""

import numpy as np

from baselines.separated.link import separated
from semlink.errors import InputError

FARTHEST, NEAREST = 25.0, 0.1  # distances of libjxl, from an original that looks alike


class JpegXl:
    """libjxl at its default effort.

    It minimises a distance of perception, and has no tuning for PSNR.

    Raises
    ------
    InputError
        The extra ``jxl`` is not installed.
    """

    quality_range = (0.0, 100.0)
    quality_step = 0.1

    def __init__(self):
        try:
            import imagecodecs
        except ImportError:
            raise InputError(
                "jxl_ldpc needs imagecodecs (pip install semlink[jxl]), got none"
            ) from None
        self._codecs = imagecodecs

    def encode(self, image: np.ndarray, quality: float) -> bytes:
        """[H, W, 3] uint8 to a file."""
        share = quality / self.quality_range[1]
        distance = FARTHEST * (NEAREST / FARTHEST) ** share
        return self._codecs.jpegxl_encode(image, distance=distance)

    def decode(self, data: bytes) -> np.ndarray:
        """A file to [H, W, 3] uint8."""
        return self._codecs.jpegxl_decode(data)


build = separated(JpegXl)
