"""Boxes on a grid that is as fine as their size asks for.

Sizes have 16 levels, a factor of 1.26 apart; centres lie on cells of about a quarter of
the size, so small objects have a place of more bits.
"""

import numpy as np

LEVELS = 16  # of a side
RATIO = 2 ** (1 / 3)
CELLS = 64  # of a centre, at most
CELLS_PER_SIDE = 4  # cells that an object is long

Box = tuple[float, float, float, float]


def size_level(side: float) -> int:
    """Level of a side, a share of the picture's."""
    side = max(float(side), 1e-6)
    return int(np.clip(np.round(-np.log(side) / np.log(RATIO)), 0, LEVELS - 1))


def size_of(level: int) -> float:
    """Side of a level: 1, 1/1.26, 1/1.59, 1/2, ..."""
    return float(RATIO**-level)


def cells(level: int) -> int:
    """Number of cells of the centre of an object with a side of this level."""
    return int(min(np.ceil(CELLS_PER_SIDE / size_of(level)), CELLS))


def quantised(box: Box) -> tuple[int, int, int, int]:
    """Levels of width and height, and cells of the centre's x and y."""
    x, y, width, height = box
    levels = size_level(width), size_level(height)
    centres = (x + width / 2, y + height / 2)
    places = (
        int(np.clip(np.floor(centre * cells(level)), 0, cells(level) - 1))
        for centre, level in zip(centres, levels, strict=True)
    )
    return (*levels, *places)


def box_of(levels: tuple[int, int], places: tuple[int, int]) -> Box:
    """The box in the middle of its cell : x, y, width, height.

    Sides that reach over an edge of the picture are cut there.

    Raises
    ------
    ValueError
        There is no such cell.
    """
    starts, sides = [], []
    for level, place in zip(levels, places, strict=True):
        if place >= cells(level):
            raise ValueError(f"a cell must be below {cells(level)}, got {place}")
        centre, half = (place + 0.5) / cells(level), size_of(level) / 2
        start, stop = max(centre - half, 0.0), min(centre + half, 1.0)
        starts.append(start)
        sides.append(stop - start)
    return (*starts, *sides)
