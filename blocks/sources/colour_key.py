"""The transparent colour of a PNG file, compared in the file's own depth.

A PNG without alpha may name one colour as transparent (tRNS), as samples of the file's
depth. Pillow compares it with samples of 8 bits, which fits only that depth.
"""

from pathlib import Path

import numpy as np
from PIL import Image

# Pillow's names of the samples in files that may have such a colour
_BITS = {"1": 1, "L;2": 2, "L;4": 4, "L": 8, "I;16B": 16, "RGB": 8, "RGB;16B": 16}


def transparent(file: Image.Image, path: Path) -> Image.Image | None:
    """Pixels of the transparent colour : mask of mode ``1``; ``None`` without one.

    The colour is removed from the opened file, so that Pillow does not apply it, too.
    Chunks after the pixels have no effect, as in libpng.
    """
    if file.format != "PNG" or file.mode == "P":
        return None
    key, stored = file.info.get("transparency"), file.tile[0].args
    file.load()
    file.info.pop("transparency", None)
    if key is None or stored not in _BITS:
        return None
    bits = _BITS[stored]
    # upper bits beyond the depth have no meaning
    same = _samples(file, path, stored) == np.bitwise_and(key, 2**bits - 1)
    return Image.fromarray(same if same.ndim == 2 else same.all(axis=2))


def _samples(file: Image.Image, path: Path, stored: str) -> np.ndarray:
    """Samples in the file's own depth : [H, W] or [H, W, 3]."""
    samples = np.asarray(file).astype(np.uint16)
    if stored == "RGB;16B":
        return samples << 8 | _lower_bytes(path)
    # Pillow stretches 2 and 4 bits to 8 by repetition
    return samples >> 8 - _BITS[stored] if stored in ("L;2", "L;4") else samples


def _lower_bytes(path: Path) -> np.ndarray:
    """Lower bytes of 16-bit colour, of which Pillow keeps only the upper ones."""
    with Image.open(path, formats=["PNG"]) as again:
        # the byte order is the other one, so the upper byte is the file's lower one
        again.tile = [again.tile[0]._replace(args="RGB;16L")]
        return np.asarray(again)
