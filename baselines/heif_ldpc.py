"""HEIF (HEVC intra, the coder inside BPG), then LDPC and QAM."""

from baselines.pillow_codec import PillowCodec
from baselines.separated import separated
from semlink.errors import InputError

COARSEST = 51  # largest quantisation parameter
SHARES = 7  # qualities of a quantisation parameter


class Heif(PillowCodec):
    """x265 through libheif, tuned for the PSNR of RGB: 4:4:4, finer steps for chroma.

    A quality counts sevenths of a step of the quantisation parameter, which is a whole
    number. Between two of them, the parameters of Cb and Cr fall in turn, from 1 to 4
    below that of luma. PSNR at a rate changes little over that range.

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
        step, share = divmod(int(quality), SHARES)
        # x265 replaces an offset of zero in 4:4:4 by six
        cb, cr = 1 + (share + 1) // 2, 1 + share // 2
        parameters = {
            "tune": "psnr",
            "x265:crf": str(COARSEST - step),
            "x265:cbqpoffs": str(-cb),
            "x265:crqpoffs": str(-cr),
        }
        return {"chroma": 444, "enc_params": parameters}


build = separated(Heif)
