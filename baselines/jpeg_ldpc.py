"""JPEG, then LDPC and QAM."""

import numpy as np

from baselines.separated.expected_error import ErrorLaw
from baselines.separated.link import separated
from baselines.separated.pillow_codec import PillowCodec

# Quantisation tables of Annex K of ITU-T T.81.
_LUMINANCE = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
_CHROMINANCE = (
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
)  # fmt: skip


class Jpeg(PillowCodec):
    """libjpeg through Pillow: 4:2:0, progressive, optimised Huffman tables.

    The quality is libjpeg's, with fractions, so that a file fits a budget closely;
    below 1 the tables still scale as 5000/quality percent.
    """

    error_law = ErrorLaw(56.24, 5.09, -6.07)

    def __init__(self):
        super().__init__("JPEG", quality_range=(0.2, 100.0), quality_step=0.01)

    def options(self, quality: float) -> dict[str, object]:
        """Options of Pillow for a quality."""
        return {
            "qtables": [_scaled(_LUMINANCE, quality), _scaled(_CHROMINANCE, quality)],
            "subsampling": "4:2:0",
            "progressive": True,
            "optimize": True,
        }


build = separated(Jpeg)


def _scaled(table: tuple[int, ...], quality: float) -> list[int]:
    """Scale a table as in libjpeg."""
    percent = 5000 / quality if quality < 50 else 200 - 2 * quality
    scaled = np.floor((np.array(table) * percent + 50) / 100)
    return np.clip(scaled, 1, 255).astype(int).tolist()
