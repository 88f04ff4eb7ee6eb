"""AVIF (AV1 intra), then LDPC and QAM."""

from baselines.pillow_codec import PillowCodec
from baselines.separated import separated


def avif() -> PillowCodec:
    """libaom, tuned for PSNR; 4:2:0."""
    return PillowCodec(
        "AVIF",
        quality_range=(0, 100),
        quality_step=1,
        speed=4,
        advanced={"tune": "psnr"},
    )


build = separated(avif)
