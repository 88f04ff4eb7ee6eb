"""Statistics of descriptions that both ends hold: counted, smoothed, shipped.

``statistics.npz`` is made by ``python -m experiments.fitting.word_statistics``; the
card beside it, ``statistics.md``, says from what.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np

from blocks.colours import COLOURS
from blocks.describers.attributes import COLOURS as MAIN_COLOURS
from blocks.describers.attributes import LIGHT, TEXTURE
from blocks.words.grid import CELLS, LEVELS
from blocks.words.stream import Tables
from semlink.modalities.categories import CATEGORIES

FILE = Path(__file__).with_suffix(".npz")
MOST_CATEGORIES, MOST_COUNTED, MOST_THINGS = 16, 32, 32
CONFIDENCES = 8  # levels of confidence
# table: (rows, entries)
SHAPES = {
    "light": (1, len(LIGHT)),
    "texture": (1, len(TEXTURE)),
    "main_colour": (1, len(MAIN_COLOURS)),
    "categories": (1, MOST_CATEGORIES + 1),
    "category": (1, len(CATEGORIES)),
    "number": (1, MOST_COUNTED),
    "things": (1, MOST_THINGS + 1),
    "which": (MOST_CATEGORIES, MOST_CATEGORIES),
    "width": (1, LEVELS),
    "height": (LEVELS, LEVELS),
    "x": (LEVELS, CELLS),
    "y": (LEVELS, CELLS),
    "colour": (len(CATEGORIES), len(COLOURS)),
    "confidence": (CONFIDENCES + 1, CONFIDENCES),
}


@lru_cache(maxsize=1)
def shipped() -> dict[str, np.ndarray]:
    """All shipped arrays by name."""
    with np.load(FILE) as file:
        return dict(file)


@lru_cache(maxsize=1)
def tables() -> Tables:
    """The tables of structured descriptions."""
    return Tables({name: shipped()[name] for name in SHAPES})
