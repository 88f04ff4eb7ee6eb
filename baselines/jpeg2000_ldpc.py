"""JPEG2000, then LDPC and QAM."""

import ctypes.util
import struct
import tempfile
import warnings
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import numpy as np

from baselines.separated.expected_error import ErrorLaw
from baselines.separated.link import separated


class Jpeg2000:
    """OpenJPEG through glymur: 9/7 wavelet, colour transform, one tile, one layer.

    The quality is the logarithm of the compression ratio, -10 log10(ratio), which is
    the rate parameter of JPEG2000: one ratio for a set gives all images the same rate.
    One PSNR for the whole set is also common; on photos as diverse as COCO's it makes a
    weak baseline.
    """

    quality_range = (-40.0, 0.0)
    quality_step = 0.005
    concurrent = True  # OpenJPEG is called without Python's lock
    error_law = ErrorLaw(61.25, 4.77, -6.77)

    def encode(self, image: np.ndarray, quality: float) -> bytes:
        """[H, W, 3] uint8 to a JPEG2000 codestream."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "image.j2k")
            _glymur().Jp2k(
                path,
                data=image,
                cratios=[10 ** (-quality / 10)],
                irreversible=True,
                mct=True,
                numres=min(6, min(image.shape[:2]).bit_length()),
            )
            return path.read_bytes()

    def decode(self, data: bytes) -> np.ndarray:
        """A codestream to [H, W, 3] uint8."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "image.j2k")
            path.write_bytes(data)
            return _glymur().Jp2k(path)[:]

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
