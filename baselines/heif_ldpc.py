"""HEIF (HEVC intra, the coder inside BPG), then LDPC and QAM."""

from baselines.pillow_codec import PillowCodec
from baselines.separated import separated
from semlink.errors import InputError


def heif() -> PillowCodec:
    """x265 through libheif, tuned for PSNR; 4:2:0.

    Raises
    ------
    InputError
        The extra ``heif`` is not installed.
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
