"""The KLT of 16x16 blocks alone: the optimal linear transform, without networks."""

from blocks.learned.ends import Extractor


def build() -> Extractor:
    """Build the extractor."""
    return lambda codec, x, smooth: codec.analysis.linear_only(x, smooth)
