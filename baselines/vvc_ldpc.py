"""VVC intra (H.266), then LDPC and QAM.

The coder is vvenc, tuned for PSNR, in the ffmpeg of imageio-ffmpeg, which runs as a
process. It codes 4:2:0 with 10 bits; the conversion from and to RGB is done here.
"""

import re
import subprocess
from functools import lru_cache

import numpy as np
from PIL import Image

from baselines.separated.chroma_offsets import SHARES, parameters
from baselines.separated.link import separated
from semlink.errors import InputError

COARSEST, FINEST = 63, 8  # quantisation parameters
COARSER = 4 * SHARES  # qualities that a picture falls by which does not fit
LEAST_OFFSET = 5  # of the quantisation parameters of chroma, downward
SHORTEST = 32  # side that vvenc codes at any quality
LARGEST = 1023  # a sample at full range
SECONDS = 300  # limit of a process
INTRA = "IntraPeriod=1:GOPSize=1"  # parameter sets without references are shorter
NO_PICTURE = "12|13|20|23|24"  # units of the stream that a decoder does not need
# JFIF's matrix, from RGB to Y, Cb, Cr
TO_YCC = np.array(
    [
        [0.299, 0.587, 0.114],
        [-0.168736, -0.331264, 0.5],
        [0.5, -0.418688, -0.081312],
    ]
)


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
        self._ffmpeg = _ffmpeg()

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
        pad = [max(side + side % 2, SHORTEST) - side for side in image.shape[:2]]
        planes = _planes(np.pad(image, ((0, pad[0]), (0, pad[1]), (0, 0)), "edge"))
        height, width = planes[0].shape
        qp, cb, cr = parameters(quality, COARSEST, LEAST_OFFSET)
        options = (
            f"-f rawvideo -pix_fmt yuv420p10le -s {width}x{height} -i - "
            f"-c:v libvvenc -preset medium -qpa 0 -qp {qp} "
            f"-vvenc-params {INTRA}:CbQpOffset=-{cb}:CrQpOffset=-{cr} -threads 1 "
            f"-bsf:v filter_units=remove_types={NO_PICTURE} -f vvc"
        )
        samples = b"".join(plane.tobytes() for plane in planes)
        return bytes(pad) + self._run(options, samples)

    def decode(self, data: bytes) -> np.ndarray:
        """A file to [H, W, 3] uint8.

        Raises
        ------
        InputError
            ffmpeg refuses the stream.
        """
        options = "-f vvc -i - -frames:v 1 -strict -1 -pix_fmt yuv420p10le"
        image = _picture(self._run(f"{options} -f yuv4mpegpipe", data[2:]))
        height, width, _ = image.shape
        return image[: height - data[0], : width - data[1]]

    def _run(self, options: str, data: bytes) -> bytes:
        command = [self._ffmpeg, "-v", "error", *options.split(), "-"]
        try:
            done = subprocess.run(
                command, input=data, capture_output=True, timeout=SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InputError(f"ffmpeg must code a picture, got {error}") from None
        if done.returncode or not done.stdout:
            told = done.stderr.decode(errors="replace").strip().splitlines()
            last = (told or ["no output"])[-1]
            raise InputError(f"ffmpeg must code a picture, got {last!r}")
        return done.stdout


@lru_cache(maxsize=1)
def _ffmpeg() -> str:
    try:
        import imageio_ffmpeg
    except ImportError:
        raise InputError(
            "vvc_ldpc needs imageio-ffmpeg (pip install semlink[vvc]), got none"
        ) from None
    return imageio_ffmpeg.get_ffmpeg_exe()


def _planes(image: np.ndarray) -> list[np.ndarray]:
    """RGB [H, W, 3] to the planes of 4:2:0, uint16; even sides."""
    height, width, _ = image.shape
    luma, *chroma = np.moveaxis(image @ TO_YCC.T * (LARGEST / 255), -1, 0)
    half = [_resized(plane, (height // 2, width // 2)) for plane in chroma]
    centred = [plane + (LARGEST + 1) / 2 for plane in half]
    return [np.clip(np.round(p), 0, LARGEST).astype("<u2") for p in (luma, *centred)]


def _picture(frame: bytes) -> np.ndarray:
    """A frame of YUV4MPEG2 to RGB [H, W, 3], uint8."""
    head, _, samples = frame.partition(b"\nFRAME\n")
    width, height = (int(n) for n in re.findall(rb" [WH](\d+)", head))
    values = np.frombuffer(samples, "<u2").astype(np.float32)
    luma, *chroma = np.split(values, np.multiply([4, 5], height * width // 4))
    whole = [
        _resized(
            plane.reshape(height // 2, width // 2) - (LARGEST + 1) / 2, (height, width)
        )
        for plane in chroma
    ]
    ycc = np.stack([luma.reshape(height, width), *whole], axis=-1)
    rgb = ycc @ np.linalg.inv(TO_YCC).T * (255 / LARGEST)
    return np.clip(np.round(rgb), 0, 255).astype(np.uint8)


def _resized(plane: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    picture = Image.fromarray(plane.astype(np.float32))
    return np.asarray(picture.resize(shape[::-1], Image.Resampling.BICUBIC))


build = separated(Vvc)
