"""Measured attributes of a picture in words: light, colours, texture, sky.

Thresholds are round numbers; each word fits a good share of photos.
"""

from typing import NamedTuple

import numpy as np
from PIL import Image

SIDE = 64  # pixels along a side of the reduced picture
# Basic colour terms with a typical RGB value each.
# (B. Berlin, P. Kay, "Basic Color Terms", 1969, without pink's and purple's overlap.)
COLOURS = {
    "black": (20, 20, 20),
    "grey": (128, 128, 128),
    "white": (240, 240, 240),
    "red": (180, 35, 35),
    "orange": (225, 130, 40),
    "yellow": (225, 205, 70),
    "green": (70, 120, 50),
    "blue": (60, 100, 180),
    "light blue": (150, 195, 230),
    "purple": (110, 60, 140),
    "pink": (225, 150, 170),
    "brown": (105, 75, 50),
    "beige": (205, 185, 155),
}
LIGHT = ((60, "very dark"), (95, "dark"), (160, "well lit"), (256, "bright"))
CONTRAST = ((35, "low"), (65, "medium"), (256, "high"))
SATURATION = ((0.12, "greyish"), (0.4, "natural"), (1.01, "vivid"))
TEXTURE = ((4, "smooth"), (9, "of moderate detail"), (16, "detailed"), (256, "busy"))
MAIN_COLOURS = 3
LEAST_SHARE = 0.1  # least share of a colour that is named


class Attributes(NamedTuple):
    """Attributes of a picture in words, and shares [0, 1].

    light, contrast, saturation, texture : a word each
    colours : the most frequent colours, most frequent first
    sky, vegetation : share of the upper third, and of the whole picture
    """

    light: str
    contrast: str
    saturation: str
    texture: str
    colours: tuple[str, ...]
    sky: float
    vegetation: float


def attributes(image: np.ndarray) -> Attributes:
    """Measure a picture [H, W, 3], uint8."""
    small = Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BOX)
    x = np.asarray(small, np.float32)
    luma = x @ np.float32([0.299, 0.587, 0.114])
    names = _nearest(x)
    detail = _detail(image)
    return Attributes(
        _word(LIGHT, luma.mean()),
        _word(CONTRAST, luma.std()),
        _word(SATURATION, _saturation(x).mean()),
        _word(TEXTURE, detail),
        _frequent(names),
        float(
            np.isin(names[: SIDE // 3], _index("light blue", "blue", "white")).mean()
        ),
        float(np.isin(names, _index("green")).mean()),
    )


def _word(scale, value: float) -> str:
    return next(word for limit, word in scale if value < limit)


def _index(*names: str) -> list[int]:
    return [list(COLOURS).index(name) for name in names]


def _nearest(x: np.ndarray) -> np.ndarray:
    """The basic colour of each pixel : [H, W, 3] -> [H, W], index."""
    typical = np.array(list(COLOURS.values()), np.float32)
    distance = ((x[..., None, :] - typical) ** 2).sum(axis=-1)
    return distance.argmin(axis=-1)


def _frequent(names: np.ndarray) -> tuple[str, ...]:
    share = np.bincount(names.ravel(), minlength=len(COLOURS)) / names.size
    order = np.argsort(-share, kind="stable")[:MAIN_COLOURS]
    words = list(COLOURS)
    return tuple(words[i] for i in order if share[i] >= LEAST_SHARE) or (
        words[order[0]],
    )


def _saturation(x: np.ndarray) -> np.ndarray:
    high = x.max(axis=-1)
    return (high - x.min(axis=-1)) / np.maximum(high, 1)


def _detail(image: np.ndarray) -> float:
    """Mean absolute difference of the luma of neighbouring pixels."""
    luma = image.astype(np.float32) @ np.float32([0.299, 0.587, 0.114])
    steps = [np.abs(np.diff(luma, axis=a)) for a in (0, 1) if luma.shape[a] > 1]
    return float(np.mean([step.mean() for step in steps])) if steps else 0.0
