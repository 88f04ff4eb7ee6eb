"""WebP, then LDPC and QAM."""

from baselines.separated.link import separated
from baselines.separated.pillow_codec import PillowCodec


def webp() -> PillowCodec:
    """libwebp with its slowest and best method."""
    return PillowCodec("WEBP", quality_range=(0, 100), quality_step=0.1, method=6)


build = separated(webp)
