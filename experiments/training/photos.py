"""Training photos: all photos in a folder and its subfolders, of any size."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp"}
HELD_OUT = 48  # photos for the validation only
KEPT_BYTES = 4 << 30  # cache of decoded photos; further ones are read each time


class Photos(Sequence):
    """Every photo under a folder, sorted by name, such as in the COCO layout.

    Parameters
    ----------
    paths : paths of the photos

    Output
    ------
    : [H, W, 3], uint8, for each index
    """

    def __init__(self, paths: Sequence[Path]):
        self.paths = list(paths)
        self._kept: dict[int, np.ndarray] = {}
        self._num_bytes = 0

    @property
    def names(self) -> list[str]:
        """File names, without folders."""
        return [path.name for path in self.paths]

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return Photos(self.paths[index])
        if index in self._kept:
            return self._kept[index]
        with Image.open(self.paths[index]) as image:
            photo = np.asarray(image.convert("RGB"))
        if self._num_bytes + photo.nbytes <= KEPT_BYTES:
            self._kept[index] = photo
            self._num_bytes += photo.nbytes
        return photo


def find_photos(folder: str | Path) -> Photos:
    """Find the photos under a folder.

    Raises
    ------
    FileNotFoundError
        There are no photos.
    ValueError
        The folder is empty text.
    """
    if not folder:
        raise ValueError("data must be a folder of photos, got ''")
    paths = sorted(p for p in Path(folder).rglob("*") if p.suffix.lower() in SUFFIXES)
    if not paths:
        known = ", ".join(sorted(SUFFIXES))
        raise FileNotFoundError(f"no photos ({known}) under {folder}")
    return Photos(paths)
