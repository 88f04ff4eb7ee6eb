"""HEIF (HEVC intra, the coder inside BPG), then LDPC and QAM."""

from baselines.pillow_codec import PillowCodec
from baselines.separated import separated
from semlink.errors import InputError


def heif() -> PillowCodec:
    """x265 through libheif, tuned for the PSNR that it is judged by; 4:2:0.

    Raises
    ------
    InputError
        If the extra that brings it is not installed.
    """
    try:
        import pillow_heif
    except ImportError:
        raise InputError(
            "heif_ldpc needs pillow-heif (pip install semlink[heif]), got none"
        ) from None
    pillow_heif.register_heif_opener()
    return PillowCodec(
        "HEIF", quality_range=(0, 100), quality_step=1, enc_params={"tune": "psnr"}
    )


build = separated(heif)
