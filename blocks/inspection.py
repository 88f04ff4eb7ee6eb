"""Inspectors by name, and what they see of an estimate.

An inspector works at the receiver, from what the receiver knows. Its answer is the
estimate's ``doubt``: a map over regions of the picture.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from semlink.catalogue import built
from semlink.contracts.fault import refuse, shown
from semlink.registry import Registry

INSPECTORS = Registry(
    "inspector", packages=("blocks.inspectors",), group="semlink.inspectors"
)
NONE = "none"  # the name for a receiver without inspector
SQUARED, SHARE = "squared levels", "share"  # units of answers


class Seen(NamedTuple):
    """A receiver's knowledge of its estimate.

    picture : [H, W, 3], uint8, the estimate
    error : [h, w, M], float32, expected squared error of each component of a region
        [squared 8-bit levels], by a model of source and channel; components of an
        orthonormal transform, whose errors add up to that of the region's pixels
    side : pixels along the side of a region; region (i, j) begins at pixel
        (side i, side j)
    dithered : another decoding, with noise of the same variance added to what was
        received: seed -> [H, W, 3], uint8
    """

    picture: np.ndarray
    error: np.ndarray
    side: int
    dithered: Callable[[int], np.ndarray]


@runtime_checkable
class Inspector(Protocol):
    """Estimates what is wrong with an estimate.

    version : changes whenever its answers may
    unit : of the answers: ``SQUARED``, mean squared error of the values of a region
        in 8-bit levels, or ``SHARE``, from 0 to 1
    """

    version: str
    unit: str

    def __call__(self, seen: Seen) -> np.ndarray:
        """The doubt in each region : [h, w], float32, zero or above."""


def with_dither(values: np.ndarray, noise: np.ndarray, seed: int):
    """Received values with as much noise again : values [n], noise variances [n]."""
    size = values.shape if np.isrealobj(values) else (*values.shape, 2)
    draw = np.random.default_rng(seed).normal(size=size)
    if np.iscomplexobj(values):
        draw = draw.view(np.complex128)[..., 0] / np.sqrt(2)
    spread = np.sqrt(np.where(np.isfinite(noise), noise, 0))
    return (values + spread * draw).astype(values.dtype), 2 * noise


def inspector(spec: str) -> Inspector | None:
    """Build an inspector from its name and parameters; ``None`` for ``none``.

    Raises
    ------
    InputError
        The inspector does not exist, or is none.
    """
    if spec == NONE:
        return None
    made = built(INSPECTORS, spec)
    if not isinstance(made, Inspector) or not callable(made):
        must = "a callable with version and unit from build"
        refuse(f"inspector {spec}", must, shown(made))
    return made
