"""What is known of a scene, from a received picture, boxes, or words."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from blocks.coco_names import NOUN, NOUNS, plural
from blocks.colours import main_colour
from semlink.modalities.boxes import Boxes
from semlink.modalities.categories import CATEGORIES
from semlink.modalities.words import WORDS, Words
from semlink.signals import IMAGE

NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
SEVERAL = 2  # a plural without a number
_PLURALS = {plural(name) for name in CATEGORIES} | {"men", "women", "boys", "girls"}
_PLURALS |= {"children", "kids", "bikes", "planes", "phones", "plants"}
_NUMBER_BEFORE = re.compile(rf"\b({'|'.join(NUMBERS)}) (?:\w+ )?$")


class Scene(NamedTuple):
    """Objects of a scene.

    counts : number of objects by category
    categories, scores : [n], of objects with a place, the most certain first
    boxes : [n, 4], x, y, width, height as shares of the picture's sides
    colour_of : gives the colour of object ``i``; empty if it is not known
    """

    counts: Mapping[str, int]
    categories: tuple[str, ...]
    scores: np.ndarray
    boxes: np.ndarray
    colour_of: Callable[[int], str]

    def first(self, category: str) -> int | None:
        """The most certain object of a category; ``None`` if there is none."""
        return next((i for i, c in enumerate(self.categories) if c == category), None)

    def largest(self, category: str) -> float:
        """Area of the largest object of a category; 0 if there is none."""
        those = [i for i, c in enumerate(self.categories) if c == category]
        return float(self.boxes[those, 2:].prod(axis=1).max()) if those else 0.0

    def centre(self, index: int) -> float:
        """Horizontal position of an object's centre, from 0 to 1."""
        return float(self.boxes[index, 0] + self.boxes[index, 2] / 2)


def scene_of(
    data: Any,
    modality: str,
    detect: Callable[[np.ndarray], Boxes],
    confidence: float,
) -> Scene:
    """The scene of received data.

    Parameters
    ----------
    data, modality : image [H, W, 3], uint8; Boxes; or Words
    detect : finds objects in a picture
    confidence : least confidence of an object of a picture or of boxes
    """
    if modality == WORDS:
        return _of_words(data)
    boxes = detect(data) if modality == IMAGE else data
    boxes = boxes.above(confidence)
    height, width = boxes.size
    shares = boxes.xywh / np.float32([width, height, width, height])

    def colour_of(index: int) -> str:
        return main_colour(data, shares[index]) if modality == IMAGE else ""

    counts = Counter(boxes.categories)
    return Scene(counts, boxes.categories, boxes.scores, shares, colour_of)


def _of_words(words: Words) -> Scene:
    things = words.things
    counts = Counter(dict(words.counts)) or mentioned(words.caption)
    return Scene(
        counts,
        tuple(thing.category for thing in things),
        np.array([thing.score for thing in things], np.float32),
        np.array([thing.box for thing in things], np.float32).reshape(-1, 4),
        lambda index: things[index].colour,
    )


def mentioned(caption: str) -> Counter[str]:
    """Objects by category that a caption mentions.

    A plural counts as its number, or as two; mentions of one category add up.
    """
    text, counts = caption.lower(), Counter()
    for noun in NOUN.finditer(text):
        number = _NUMBER_BEFORE.search(text[: noun.start()])
        several = SEVERAL if noun[0] in _PLURALS else 1
        counts[NOUNS[noun[0]]] += NUMBERS[number[1]] if number else several
    return counts
