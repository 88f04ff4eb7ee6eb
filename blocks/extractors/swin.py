"""The trained analysis of the codec: KLT, convolutions and Swin blocks."""

from blocks.learned.ends import Extractor


def build() -> Extractor:
    """Build the extractor."""
    return lambda codec, x, smooth: codec.analysis(x, smooth)
