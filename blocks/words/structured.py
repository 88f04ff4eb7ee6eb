"""Structured descriptions as bits: the scene, numbers of objects, then objects.

Detail grows level by level: first the number of objects of one category after the
other, then objects with box, colour and confidence, the most certain first. Every
symbol has a table of its own (:mod:`blocks.words.statistics`), some of which depend on
symbols before it.
"""

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from blocks.colours import COLOURS
from blocks.describers.attributes import COLOURS as MAIN_COLOURS
from blocks.describers.attributes import LIGHT, TEXTURE
from blocks.words.grid import box_of, quantised
from blocks.words.statistics import (
    CONFIDENCES,
    MOST_CATEGORIES,
    MOST_COUNTED,
    MOST_THINGS,
    tables,
)
from blocks.words.stream import Reader, Symbol, Tables
from semlink.modalities.categories import CATEGORIES
from semlink.modalities.words import Thing, Words

SCENE = {
    "light": tuple(word for _, word in LIGHT),
    "texture": tuple(word for _, word in TEXTURE),
    "main_colour": tuple(MAIN_COLOURS),
}
FIRST = CONFIDENCES  # row of the confidence of the first object


class StructuredCodec:
    """Code of descriptions with objects and numbers.

    Parameters
    ----------
    frequencies : tables of all symbols; the shipped ones by default
    """

    def __init__(self, frequencies: Tables | None = None):
        self._given = frequencies

    @cached_property
    def _tables(self) -> Tables:
        return self._given or tables()

    def levels(self, words: Words) -> int:
        """Number of categories and objects that can be told."""
        return self._categories(words) + min(len(words.things), MOST_THINGS)

    def encode(self, words: Words, level: int) -> np.ndarray:
        """Code a description to bits [num_bits], uint8."""
        return self._tables.encode(symbols(words, level))

    def decode(self, bits: np.ndarray) -> Words:
        """Decode bits [num_bits], uint8.

        Raises
        ------
        ValueError
            No encoder makes these bits.
        """
        read = Reader(self._tables, bits)
        scene = tuple(said[read(table)] for table, said in SCENE.items())
        counts = tuple(
            (CATEGORIES[read("category")], read("number") + 1)
            for _ in range(read("categories"))
        )
        things, confidence = [], FIRST
        for _ in range(read("things") if counts else 0):
            thing, confidence = _thing(read, [name for name, _ in counts], confidence)
            things.append(thing)
        read.close()
        return Words(counts, tuple(things), scene)

    def _categories(self, words: Words) -> int:
        return min(len(words.counts), MOST_CATEGORIES)


def symbols(words: Words, level: int) -> Iterator[Symbol]:
    """The symbols of a description at a level of detail."""
    for (table, said), word in zip(SCENE.items(), words.scene, strict=True):
        yield Symbol(table, 0, said.index(word))
    counts = words.counts[: min(level, MOST_CATEGORIES)]
    yield Symbol("categories", 0, len(counts))
    for name, number in counts:
        yield Symbol("category", 0, CATEGORIES.index(name))
        yield Symbol("number", 0, min(number, MOST_COUNTED) - 1)
    if not counts:
        return
    names = [name for name, _ in counts]
    room = min(max(level - len(counts), 0), MOST_THINGS)
    things = [thing for thing in words.things if thing.category in names][:room]
    yield Symbol("things", 0, len(things))
    before = FIRST
    for thing in things:
        yield from _symbols_of(thing, names, before)
        before = _confidence(thing.score)


def _symbols_of(thing: Thing, names: list[str], before: int) -> Iterator[Symbol]:
    """The symbols of an object after one with the confidence ``before``."""
    yield Symbol("confidence", before, _confidence(thing.score))
    yield Symbol("which", len(names) - 1, names.index(thing.category))
    width, height, x, y = quantised(thing.box)
    yield Symbol("width", 0, width)
    yield Symbol("height", width, height)
    yield Symbol("x", width, x)
    yield Symbol("y", height, y)
    row = CATEGORIES.index(thing.category)
    yield Symbol("colour", row, COLOURS.index(thing.colour))


def _thing(read: Reader, names: list[str], before: int) -> tuple[Thing, int]:
    """The next object and its level of confidence."""
    confidence = read("confidence", before)
    which = read("which", len(names) - 1)
    if which >= len(names):
        raise ValueError(f"a category must be below {len(names)}, got {which}")
    width = read("width")
    height = read("height", width)
    place = read("x", width), read("y", height)
    category, box = names[which], box_of((width, height), place)
    colour = COLOURS[read("colour", CATEGORIES.index(category))]
    score = (confidence + 0.5) / CONFIDENCES
    return Thing(category, score, box, colour), confidence


def _confidence(score: float) -> int:
    """Level of a confidence from 0 to 1."""
    return int(np.clip(score * CONFIDENCES, 0, CONFIDENCES - 1))
