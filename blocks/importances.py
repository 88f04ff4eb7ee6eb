"""What matters in a picture: maps of importance, components by name.

A map gives each cell of 16x16 pixels one of four levels. A level weights the squared
error of its cell: 1, 4, 16 or 64. A transmitter signals the map, and it is counted.
"""

from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from blocks.budget_search import key_of
from blocks.recent import Recent
from semlink.catalogue import built, is_oracle
from semlink.config import ComponentSpec
from semlink.contracts.fault import refuse, shown
from semlink.registry import Registry
from semlink.signals import Sample

IMPORTANCES = Registry(
    "importance", packages=("blocks.importance",), group="semlink.importances"
)
NONE = "none"  # all pixels count the same, and nothing is signalled
SIDE = 16  # pixels of a cell
WEIGHTS = (1.0, 4.0, 16.0, 64.0)  # of squared error, by level
HIGHEST = len(WEIGHTS) - 1
KEPT = 2048  # maps


@runtime_checkable
class Importance(Protocol):
    """Says what matters in a picture, from the transmitter's view of it.

    Its module sets ``ORACLE = True`` if it reads annotations.

    hears_query : whether it needs the receiver's query, which is signalled then
    """

    hears_query: bool

    def __call__(self, sample: Sample) -> np.ndarray:
        """Levels of the cells of a picture : [ceil(H / 16), ceil(W / 16)], uint8."""


class Checked:
    """A component whose maps are checked, and made once for each sample.

    Parameters
    ----------
    inner : the component
    spec : its word, for errors
    oracle : whether it reads annotations
    """

    def __init__(self, inner: Importance, spec: str, oracle: bool):
        self._inner, self._spec, self._maps = inner, spec, Recent(KEPT)
        self.hears_query, self.oracle = inner.hears_query, oracle

    def __call__(self, sample: Sample) -> np.ndarray:
        return self._maps(key_of(sample), lambda: self._map(sample))

    def _map(self, sample: Sample) -> np.ndarray:
        levels, shape = self._inner(sample), grid_of(sample.data.shape)
        is_map = isinstance(levels, np.ndarray) and levels.dtype == np.uint8
        if not is_map or levels.shape != shape or levels.max() > HIGHEST:
            must = f"levels from 0 to {HIGHEST} as uint8 {list(shape)}"
            refuse(f"importance {self._spec}", must, shown(levels))
        return levels


def importance(spec: str) -> Checked | None:
    """Build a component from its name and parameters; ``None`` for ``none``.

    Raises
    ------
    InputError
        The component does not exist, or is none.
    """
    if spec == NONE:
        return None
    made = built(IMPORTANCES, spec)
    if not isinstance(made, Importance):
        must = "a callable with hears_query from build"
        refuse(f"importance {spec}", must, shown(made))
    return Checked(made, spec, is_oracle(IMPORTANCES, spec))


def nothing() -> Checked:
    """A component for which all of a picture counts the same."""
    return Checked(_Nothing(), NONE, False)


class _Nothing:
    hears_query = False

    def __call__(self, sample: Sample) -> np.ndarray:
        return np.zeros(grid_of(sample.data.shape), np.uint8)


def files_of(spec: str) -> list[Path]:
    """Files that a component depends on: of a plug-in, its source."""
    name = ComponentSpec.model_validate(spec).name
    return [Path(name)] if name.endswith(".py") else []


def known_by(made: Checked | None) -> dict[str, bool]:
    """Fields of a ``Transceiver`` that say what its transmitter knows."""
    if made is None:
        return {}
    return {"hears_query": made.hears_query, "oracle": made.oracle}


def grid_of(shape: tuple[int, ...]) -> tuple[int, int]:
    """Cells down and across a picture [H, W, ...]."""
    return -(-shape[0] // SIDE), -(-shape[1] // SIDE)


def marked(shape: tuple[int, ...], xywh: np.ndarray, level: int) -> np.ndarray:
    """The map of a picture whose boxes have a level, and the rest none.

    Input
    -----
    shape : (H, W, ...) of the picture
    xywh : [n, 4], boxes in pixels; a cell belongs to each box that it overlaps

    Output
    ------
    : [h, w], uint8
    """
    levels = np.zeros(grid_of(shape), np.uint8)
    for x, y, width, height in np.asarray(xywh, float).reshape(-1, 4):
        left, top = max(int(x // SIDE), 0), max(int(y // SIDE), 0)
        right, bottom = np.ceil([(x + width) / SIDE, (y + height) / SIDE]).astype(int)
        levels[top : max(bottom, 0), left : max(right, 0)] = level
    return levels


def weights_of(levels: np.ndarray) -> np.ndarray:
    """Weights of squared error of a map : uint8 -> float64, same shape."""
    return np.take(WEIGHTS, levels)


def pixels_of(levels: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A map of cells as one of pixels : [h, w] -> [H, W]."""
    whole = levels.repeat(SIDE, axis=0).repeat(SIDE, axis=1)
    return whole[: shape[0], : shape[1]]
