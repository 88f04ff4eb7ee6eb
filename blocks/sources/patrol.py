"""A camera on patrol: frames of several sites in turn, each in its order."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from blocks.sources.folder import build as folder
from blocks.sources.images import ImageSet
from semlink.errors import InputError

NonEmpty = Annotated[str, Field(min_length=1)]


def build(
    path: NonEmpty,
    sites: NonEmpty | None = None,
    rounds: Annotated[int, Field(gt=0)] = 10,
    alike: bool = False,
) -> ImageSet:
    """Frame 0 of every site, then frame 1, and so on.

    Parameters
    ----------
    path : a folder with a folder of frames for each site; ``~`` is the home folder
    sites : names of their folders, joined by ``+``; all, sorted, by default
    rounds : frames of each site
    alike : all frames are cut to the least height and width of the sites, from the
        middle

    Raises
    ------
    InputError
        A folder does not exist, or has fewer frames.
    """
    root = Path(os.path.expanduser(path))
    names = sites.split("+") if sites is not None else _all(root)
    clips = [folder(str(root / name), limit=rounds) for name in names]
    for name, clip in zip(names, clips, strict=True):
        if len(clip) < rounds:
            needed = f"site {name} must have {rounds} frames, one a round"
            raise InputError(f"{needed}, got {len(clip)}")
    turns = [(site, frame) for frame in range(rounds) for site in range(len(clips))]
    titles = [f"{names[site]}/{clips[site][frame].name}" for site, frame in turns]

    size = _least(clips) if alike else None

    def load(index: int):
        site, frame = turns[index]
        picture = clips[site][frame].data
        return picture if size is None else _middle(picture, size, titles[index])

    return ImageSet(titles, load)


def _least(clips: Sequence[ImageSet]) -> tuple[int, int]:
    """Least height and width of the first frames."""
    height, width = zip(*(clip[0].data.shape[:2] for clip in clips), strict=True)
    return min(height), min(width)


def _middle(picture: np.ndarray, size: tuple[int, int], title: str) -> np.ndarray:
    """The middle of a picture, of this height and width."""
    if any(have < n for have, n in zip(picture.shape, size, strict=False)):
        got = "x".join(map(str, picture.shape[:2]))
        raise InputError(
            f"frame {title} must have at least {size[0]}x{size[1]}, got {got}"
        )
    top, left = ((have - n) // 2 for have, n in zip(picture.shape, size, strict=False))
    return picture[top : top + size[0], left : left + size[1]]


def _all(root: Path) -> list[str]:
    """Names of all folders of a folder."""
    if not root.is_dir():
        raise InputError(f"folder must exist, got {str(root)!r}")
    names = sorted(p.name for p in root.iterdir() if p.is_dir())
    if not names:
        raise InputError(f"folder must hold a folder for each site, got {str(root)!r}")
    return names
