"""Training photos: all photos in a folder and its subfolders, of any size."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp"}
HELD_OUT, SHARE = 48, 4  # photos for the validation only: at most 48, one in four
LEAST = 8  # photos of a run
ENOUGH = 96  # a quarter of them are as many as the crops of the validation
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


def held_out(count: int) -> int:
    """How many of a run's photos, the first ones, are for the validation only."""
    return min(HELD_OUT, count // SHARE)


def few(count: int, crops: int) -> str:
    """A line of warning if a run has few photos; empty if it has enough.

    Parameters
    ----------
    count : photos of the run
    crops : crops of all its steps
    """
    if count >= ENOUGH:
        return ""
    first = held_out(count)
    each = crops / (count - first)
    return (
        f"warning: {count} photos, of which {first} validate and each of the others is "
        f"cropped {each:,.0f} times; from {ENOUGH} photos on, every crop of the "
        "validation is of another photo (docs/training.md)"
    )


def find_photos(folder: str | Path) -> Photos:
    """Find the photos under a folder.

    Raises
    ------
    FileNotFoundError
        There are no photos.
    ValueError
        There is no such folder.
    """
    if not folder or not Path(folder).is_dir():
        hint = ", without folder:" if str(folder).startswith("folder:") else ""
        raise ValueError(f"data must be a folder of photos{hint}, got {str(folder)!r}")
    paths = sorted(p for p in Path(folder).rglob("*") if p.suffix.lower() in SUFFIXES)
    if not paths:
        known = ", ".join(sorted(SUFFIXES))
        raise FileNotFoundError(f"no photos ({known}) under {folder}")
    return Photos(paths)


def photos_of_run(folder: str | Path) -> Photos:
    """The photos of a training run, as :func:`find_photos`.

    Raises
    ------
    ValueError
        The folder has fewer than a run needs.
    """
    photos = find_photos(folder)
    if len(photos) < LEAST:
        raise ValueError(
            f"data must be at least {LEAST} photos, got {len(photos)} in {folder}"
        )
    return photos
