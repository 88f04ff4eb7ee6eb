"""HEIF (HEVC intra, the coder inside BPG), then LDPC and QAM."""

from baselines.separated.chroma_offsets import SHARES, parameters
from baselines.separated.link import separated
from baselines.separated.pillow_codec import PillowCodec
from semlink.errors import InputError

COARSEST = 51  # largest quantisation parameter
LEAST_OFFSET = 1  # in 4:4:4, x265 replaces an offset of zero by six


class Heif(PillowCodec):
    """x265 through libheif, tuned for the PSNR of RGB: 4:4:4, finer steps for chroma.

    x265 takes whole quantisation parameters;
    :mod:`baselines.separated.chroma_offsets` has the qualities between.

    Raises
    ------
    InputError
        The extra ``heif`` is not installed.
    """

    def __init__(self):
        try:
            import pillow_heif
        except ImportError:
            raise InputError(
                "heif_ldpc needs pillow-heif (pip install semlink[heif]), got none"
            ) from None
        pillow_heif.register_heif_opener()
        highest = SHARES * (COARSEST + 1) - 1
        super().__init__("HEIF", quality_range=(0, highest), quality_step=1)

    def options(self, quality: float) -> dict[str, object]:
        """Options of Pillow for a quality."""
        qp, cb, cr = parameters(int(quality), COARSEST, LEAST_OFFSET)
        encoder = {
            "tune": "psnr",
            "x265:crf": str(qp),
            "x265:cbqpoffs": str(-cb),
            "x265:crqpoffs": str(-cr),
        }
        return {"chroma": 444, "enc_params": encoder}


build = separated(Heif)
