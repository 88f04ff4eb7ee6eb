"""Structured descriptions: what comes back, at what length, and what is refused."""

import numpy as np
import pytest

from blocks.colours import COLOURS
from blocks.words.grid import LEVELS, RATIO, box_of, cells, quantised, size_of
from blocks.words.statistics import CONFIDENCES, SHAPES, shipped, tables
from blocks.words.structured import StructuredCodec, symbols
from semlink.modalities.categories import CATEGORIES
from semlink.modalities.words import Thing, Words

SCENE = ("dark", "smooth", "blue")


def drawn(seed: int, count: int) -> Words:
    """A description of random objects."""
    rng = np.random.default_rng(seed)
    names = rng.choice(CATEGORIES[:6], count)
    sides = rng.uniform(0.04, 1, (count, 2))
    boxes = np.concatenate([rng.uniform(size=(count, 2)) * (1 - sides), sides], axis=1)
    scores = np.sort(rng.uniform(size=count))[::-1]
    things = tuple(
        Thing(str(name), float(score), tuple(map(float, box)), str(rng.choice(COLOURS)))
        for name, score, box in zip(names, scores, boxes, strict=True)
    )
    first = dict.fromkeys(map(str, names))
    counts = tuple((name, int(np.sum(names == name))) for name in first)
    return Words(counts, things, SCENE)


def overlap(one, other) -> float:
    """Intersection over union of two boxes."""
    (x, y, w, h), (a, b, c, d) = one, other
    across = max(min(x + w, a + c) - max(x, a), 0)
    down = max(min(y + h, b + d) - max(y, b), 0)
    return across * down / (w * h + c * d - across * down)


@pytest.mark.parametrize("seed", range(5))
def test_a_description_comes_back(seed):
    codec, words = StructuredCodec(), drawn(seed, 12)
    got = codec.decode(codec.encode(words, codec.levels(words)))
    assert (got.counts, got.scene, got.caption) == (words.counts, words.scene, "")
    for thing, sent in zip(got.things, words.things, strict=True):
        assert (thing.category, thing.colour) == (sent.category, sent.colour)
        assert abs(thing.score - sent.score) <= 0.5 / CONFIDENCES + 1e-9
    overlaps = [
        overlap(one.box, other.box)
        for one, other in zip(got.things, words.things, strict=True)
    ]
    assert min(overlaps) > 0.5
    assert np.mean(overlaps) > 0.7


def test_detail_grows_by_level():
    codec, words = StructuredCodec(), drawn(1, 9)
    highest = codec.levels(words)
    assert highest == len(words.counts) + 9
    lengths = [len(codec.encode(words, level)) for level in range(highest + 2)]
    assert lengths == sorted(lengths)
    assert lengths[-1] == lengths[-2]
    for level in range(highest + 1):
        got = codec.decode(codec.encode(words, level))
        assert got.scene == SCENE
        assert got.counts == words.counts[:level]
        assert len(got.things) == max(level - len(words.counts), 0)


def test_a_stream_has_the_information_of_its_symbols():
    words, codec = drawn(2, 12), StructuredCodec()
    bits = codec.encode(words, 64)
    information = 0.0
    for table, row, value in symbols(words, 64):
        frequencies = shipped()[table][row].astype(float)
        information -= np.log2(frequencies[value] / frequencies.sum())
    assert information - 1 <= len(bits) <= information + 2


def test_the_shipped_tables_are_complete():
    for name, shape in SHAPES.items():
        table = shipped()[name]
        assert table.shape == shape
        assert table.min() > 0
        np.testing.assert_array_equal(table.sum(axis=1, dtype=int), 2**16)


def test_bits_of_no_encoder_are_refused():
    codec, words = StructuredCodec(), drawn(3, 5)
    bits = codec.encode(words, 64)
    with pytest.raises(ValueError, match="bits must come from an encoder, got"):
        codec.decode(np.append(bits, np.uint8(1)))
    rng, refused = np.random.default_rng(0), 0
    for _ in range(200):
        noise = rng.integers(0, 2, 80).astype(np.uint8)
        try:
            got = codec.decode(noise)
        except ValueError:
            refused += 1
        else:  # then it is a description
            assert {name for name, _ in got.counts} <= set(CATEGORIES)
    assert refused > 150


def test_a_value_outside_its_table_is_refused():
    with pytest.raises(ValueError, match="categories must be below 17, got 17"):
        tables().encode([("categories", 0, 17)])


@pytest.mark.parametrize("level", range(LEVELS))
def test_the_grid_is_as_fine_as_the_size_asks_for(level):
    side = size_of(level)
    assert cells(level) >= min(4 / side, 64)
    box = (0.5 - side / 2, 0.25 - side / 8, side, side / 4)
    width, height, x, y = quantised(box)
    got = box_of((width, height), (x, y))
    assert width == level
    assert abs(got[0] + got[2] / 2 - 0.5) <= max(side / 8, 1 / 128) + 1e-9
    if level < LEVELS - 6:
        assert 1 / RATIO < got[3] / (side / 4) < RATIO


def test_a_cell_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="a cell must be below 4, got 4"):
        box_of((0, 0), (4, 0))
