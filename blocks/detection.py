"""Object detectors by name, and a cache of what they find."""

import hashlib
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Protocol, runtime_checkable

import numpy as np

from blocks.recent import Recent
from semlink.catalogue import built, files_of
from semlink.contracts.fault import refuse, shown
from semlink.modalities.boxes import Boxes
from semlink.registry import Registry

DETECTORS = Registry(
    "detector", packages=("blocks.detectors",), group="semlink.detectors"
)
LEAST = 0.05  # confidence from which detectors report a box
KEPT = 2048  # pictures


@runtime_checkable
class Detector(Protocol):
    """Finds objects in pictures.

    version : changes whenever what it finds may change
    categories : names that it can give, as COCO names them
    """

    version: str
    categories: tuple[str, ...]

    def __call__(self, image: np.ndarray) -> Boxes:
        """Find objects of an image [H, W, 3], uint8, in order of falling confidence.

        Boxes of a confidence below :data:`LEAST` may be left out.
        """


class Cached:
    """A detector that looks at equal pictures once, and at one at a time.

    Networks of OpenCV keep their input, so they serve one thread alone.
    """

    def __init__(self, inner: Detector):
        self._inner, self._one_at_a_time = inner, Lock()
        self.version, self.categories = inner.version, inner.categories
        self._found = Recent(KEPT)

    def __call__(self, image: np.ndarray) -> Boxes:
        key = hashlib.sha256(f"{image.shape}".encode() + image.tobytes()).digest()
        with self._one_at_a_time:
            return self._found(key, lambda: self._inner(image))


@lru_cache(maxsize=8)
def detector(spec: str) -> Detector:
    """Build a detector from its name and parameters, as on the command line.

    Raises
    ------
    InputError
        The detector does not exist, or a package or file that it needs is missing.
    """
    made = built(DETECTORS, spec)
    if not isinstance(made, Detector) or not callable(made):
        must = "a callable with version and categories from build"
        refuse(f"detector {spec}", must, shown(made))
    return Cached(made)


def detector_files(spec: str) -> list[Path]:
    """Files that a detector's findings depend on, such as weights."""
    return files_of(DETECTORS, spec)
