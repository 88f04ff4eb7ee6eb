"""Codecs of the ffmpeg of imageio-ffmpeg, which runs as a process.

They code 4:2:0 with 10 bits; the conversion from and to RGB is done here.
"""

import re
import subprocess
from functools import lru_cache

import numpy as np
from PIL import Image

from semlink.errors import InputError

LARGEST = 1023  # a sample at full range
SECONDS = 300  # limit of a process
# JFIF's matrix, from RGB to Y, Cb, Cr
TO_YCC = np.array(
    [
        [0.299, 0.587, 0.114],
        [-0.168736, -0.331264, 0.5],
        [0.5, -0.418688, -0.081312],
    ]
)


def run(program: str, options: list[str], data: bytes) -> bytes:
    """Output of a process.

    Raises
    ------
    InputError
        It fails, or takes too long.
    """
    command = [program, "-v", "error", *options, "-"]
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
def executable() -> str:
    """Path of ffmpeg.

    Raises
    ------
    InputError
        The extra ``vvc`` is not installed.
    """
    try:
        import imageio_ffmpeg
    except ImportError:
        raise InputError(
            "vvc_ldpc and hevc_ldpc need imageio-ffmpeg (pip install semlink[vvc]), "
            "got none"
        ) from None
    return imageio_ffmpeg.get_ffmpeg_exe()


def padded(image: np.ndarray, shortest: int) -> tuple[np.ndarray, list[int]]:
    """A picture with even sides of a least length, and the rows and columns added."""
    pad = [max(side + side % 2, shortest) - side for side in image.shape[:2]]
    return np.pad(image, ((0, pad[0]), (0, pad[1]), (0, 0)), "edge"), pad


def planes(image: np.ndarray) -> list[np.ndarray]:
    """RGB [H, W, 3] to the planes of 4:2:0, uint16; even sides."""
    height, width, _ = image.shape
    luma, *chroma = np.moveaxis(image @ TO_YCC.T * (LARGEST / 255), -1, 0)
    half = [_resized(plane, (height // 2, width // 2)) for plane in chroma]
    centred = [plane + (LARGEST + 1) / 2 for plane in half]
    return [np.clip(np.round(p), 0, LARGEST).astype("<u2") for p in (luma, *centred)]


def picture(frame: bytes) -> np.ndarray:
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
    image = Image.fromarray(plane.astype(np.float32))
    return np.asarray(image.resize(shape[::-1], Image.Resampling.BICUBIC))
