"""JPEG2000, then LDPC and QAM."""

import ctypes.util
import struct
import tempfile
import warnings
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

from baselines.separated.expected_error import ErrorLaw
from baselines.separated.ffmpeg import TO_YCC
from baselines.separated.link import separated

Wavelet = Literal["9/7", "5/3"]
Colours = Literal["transform", "ycbcr", "rgb"]
# 8-bit Y, Cb, Cr of BT.601: range of a full scale, and value of zero
STUDIO_RANGE, STUDIO_ZERO = np.array([219, 224, 224]), np.array([16, 128, 128])


class Jpeg2000:
    """OpenJPEG through glymur: one tile, one layer, a codestream without a container.

    Parameters
    ----------
    wavelet : ``9/7`` (irreversible) or ``5/3`` (reversible)
    colours : ``transform``: the codec's own, ICT with 9/7 and RCT with 5/3; ``ycbcr``:
        8-bit Y, Cb, Cr of BT.601, at full resolution, coded without a transform, as
        ffmpeg does; ``rgb``: coded without a transform

    The quality is the logarithm of the compression ratio, -10 log10(ratio), which is
    the rate parameter of JPEG2000: one ratio for a set gives all images the same rate.
    One PSNR for the whole set is also common; on photos as diverse as COCO's it makes a
    weak baseline.
    """

    quality_range = (-40.0, 0.0)
    quality_step = 0.005
    concurrent = True  # OpenJPEG is called without Python's lock
    error_law = ErrorLaw(61.25, 4.77, -6.77)

    def __init__(self, wavelet: Wavelet = "9/7", colours: Colours = "transform"):
        self._irreversible, self._colours = wavelet == "9/7", colours

    def encode(self, image: np.ndarray, quality: float) -> bytes:
        """[H, W, 3] uint8 to a JPEG2000 codestream."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "image.j2k")
            _glymur().Jp2k(
                path,
                data=_to_ycbcr(image) if self._colours == "ycbcr" else image,
                cratios=[10 ** (-quality / 10)],
                irreversible=self._irreversible,
                mct=self._colours == "transform",
                numres=min(6, min(image.shape[:2]).bit_length()),
            )
            return path.read_bytes()

    def decode(self, data: bytes) -> np.ndarray:
        """A codestream to [H, W, 3] uint8."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "image.j2k")
            path.write_bytes(data)
            image = _glymur().Jp2k(path)[:]
        return _to_rgb(image) if self._colours == "ycbcr" else image

    def decode_prefix(self, prefix: bytes) -> np.ndarray | None:
        """Decode the front of a codestream; ``None`` if it is too short."""
        glymur = _glymur()
        try:
            with _lenient(glymur.lib.openjp2), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return self.decode(prefix)
        except (OSError, RuntimeError, ValueError, IndexError, struct.error):
            # OpenJPEG's error depends on the position of the cut
            return None


build = separated(Jpeg2000)


def _to_ycbcr(image: np.ndarray) -> np.ndarray:
    """RGB to Y, Cb, Cr of BT.601 in studio range : [H, W, 3], uint8."""
    planes = image @ TO_YCC.T * (STUDIO_RANGE / 255) + STUDIO_ZERO
    return np.round(planes).astype(np.uint8)


def _to_rgb(planes: np.ndarray) -> np.ndarray:
    """The inverse of :func:`_to_ycbcr`, up to rounding."""
    ycc = (planes - STUDIO_ZERO) * (255 / STUDIO_RANGE)
    return np.clip(np.round(ycc @ np.linalg.inv(TO_YCC).T), 0, 255).astype(np.uint8)


@lru_cache(maxsize=1)
def _glymur():
    """Import glymur with the OpenJPEG library of Pillow."""
    import PIL

    bundled = sorted(Path(PIL.__file__).parents[1].glob("[pP]illow.libs/libopenjp2*"))
    find_library = ctypes.util.find_library

    def find(name: str) -> str | None:
        if name == "openjp2" and bundled:
            return str(bundled[0])
        return find_library(name)

    ctypes.util.find_library = find
    try:
        import glymur
    finally:
        ctypes.util.find_library = find_library
    return glymur


@contextmanager
def _lenient(openjp2):
    """Let OpenJPEG decode incomplete codestreams (its non-strict mode).

    glymur has no option for it, so this extends the call that sets up a decoder.
    """
    set_up = openjp2.setup_decoder

    def set_up_lenient(codec, parameters):
        set_up(codec, parameters)
        set_strict = openjp2.OPENJP2.opj_decoder_set_strict_mode
        set_strict.argtypes = [openjp2.CODEC_TYPE, ctypes.c_int32]
        set_strict(codec, 0)

    openjp2.setup_decoder = set_up_lenient
    try:
        yield
    finally:
        openjp2.setup_decoder = set_up
