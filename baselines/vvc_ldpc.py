"""VVC intra (H.266), then LDPC and QAM.

The coder is vvenc, tuned for PSNR, in the ffmpeg of imageio-ffmpeg.
"""

import numpy as np

from baselines.separated import ffmpeg
from baselines.separated.chroma_offsets import SHARES, parameters
from baselines.separated.link import separated
from semlink.errors import InputError

COARSEST, FINEST = 63, 8  # quantisation parameters
COARSER = 4 * SHARES  # qualities that a picture falls by which does not fit
LEAST_OFFSET = 5  # of the quantisation parameters of chroma, downward
SHORTEST = 32  # side that vvenc codes at any quality
INTRA = "IntraPeriod=1:GOPSize=1"  # parameter sets without references are shorter
NO_PICTURE = "12|13|20|23|24"  # units of the stream that a decoder does not need


class Vvc:
    """vvenc's medium preset for one picture.

    Sides are padded to even ones; two bytes before the VVC stream tell by how much.
    :mod:`baselines.separated.chroma_offsets` has the qualities between two parameters.

    Raises
    ------
    InputError
        The extra ``vvc`` is not installed.
    """

    quality_range = (0, SHARES * (COARSEST - FINEST + 1) - 1)
    quality_step = 1
    concurrent = True

    def __init__(self):
        self._ffmpeg = ffmpeg.executable()

    def encode(self, image: np.ndarray, quality: float) -> bytes:
        """[H, W, 3] uint8 to a file.

        ffmpeg reserves a byte per pixel for vvenc's output. A picture that needs more,
        such as noise at a high quality, has the next lower quality that fits.
        """
        try:
            return self._encode(image, int(quality))
        except InputError:
            if quality < COARSER:
                raise
            return self.encode(image, quality - COARSER)

    def _encode(self, image: np.ndarray, quality: int) -> bytes:
        image, pad = ffmpeg.padded(image, SHORTEST)
        planes = ffmpeg.planes(image)
        height, width = planes[0].shape
        qp, cb, cr = parameters(quality, COARSEST, LEAST_OFFSET)
        options = (
            f"-f rawvideo -pix_fmt yuv420p10le -s {width}x{height} -i - "
            f"-c:v libvvenc -preset medium -qpa 0 -qp {qp} "
            f"-vvenc-params {INTRA}:CbQpOffset=-{cb}:CrQpOffset=-{cr} -threads 1 "
            f"-bsf:v filter_units=remove_types={NO_PICTURE} -f vvc"
        )
        samples = b"".join(plane.tobytes() for plane in planes)
        return bytes(pad) + ffmpeg.run(self._ffmpeg, options.split(), samples)

    def decode(self, data: bytes) -> np.ndarray:
        """A file to [H, W, 3] uint8.

        Raises
        ------
        InputError
            ffmpeg refuses the stream.
        """
        options = "-f vvc -i - -frames:v 1 -strict -1 -pix_fmt yuv420p10le"
        frame = ffmpeg.run(self._ffmpeg, f"{options} -f yuv4mpegpipe".split(), data[2:])
        image = ffmpeg.picture(frame)
        height, width, _ = image.shape
        return image[: height - data[0], : width - data[1]]


build = separated(Vvc)
