"""AVIF (AV1 intra), then LDPC and QAM."""

from baselines.separated.link import separated
from baselines.separated.pillow_codec import PillowCodec


def avif() -> PillowCodec:
    """libaom, tuned for the PSNR of RGB, hence 4:4:4."""
    return PillowCodec(
        "AVIF",
        quality_range=(0, 100),
        quality_step=1,
        speed=4,
        subsampling="4:4:4",
        advanced={"tune": "psnr"},
    )


build = separated(avif)
