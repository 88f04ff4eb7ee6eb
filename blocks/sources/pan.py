"""A camera that pans over the embedded photos, one after the other; no download.

Each frame is a window into a photo of scikit-image. The window moves along an ellipse,
so that neighbouring frames overlap, and goes on to the next photo after a while.
"""

from typing import Annotated

import numpy as np
from pydantic import Field

from blocks.sources.images import ImageSet, Limit
from blocks.sources.photos import build as photos

Side = Annotated[int, Field(ge=64, le=300)]


def build(
    height: Side = 240,
    width: Side = 288,
    frames: Annotated[int, Field(ge=2, le=1000)] = 12,
    limit: Limit = None,
) -> ImageSet:
    """Windows into the photos; the photos are at least 300 pixels high and wide.

    Parameters
    ----------
    height, width : of a frame [pixels]
    frames : frames of a photo, once around
    limit : number of frames, from the first
    """
    scenes = photos()
    names = [
        f"{scenes[scene].name} {place}"
        for scene in range(len(scenes))
        for place in range(frames)
    ][:limit]

    def load(index: int) -> np.ndarray:
        scene, place = divmod(index, frames)
        return _window(scenes[scene].data, height, width, place / frames)

    return ImageSet(names, load)


def _window(photo: np.ndarray, height: int, width: int, turn: float) -> np.ndarray:
    """A window of a photo, at a share of the way around."""
    free = np.array(photo.shape[:2]) - (height, width)
    around = 0.5 + 0.5 * np.array([np.sin(2 * np.pi * turn), np.cos(2 * np.pi * turn)])
    top, left = np.round(free * around).astype(int)
    return photo[top : top + height, left : left + width].copy()
