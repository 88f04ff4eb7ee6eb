"""Counts the statistics of descriptions that both ends of ``words`` hold.

    python -m experiments.fitting.word_statistics PHOTOS CAPTIONS [LEFT_OUT ...]

PHOTOS is a source of photos, in which the detector finds objects; CAPTIONS a file of
captions as COCO has it; LEFT_OUT are other such files, whose images are left out.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, pairwise
from pathlib import Path

import numpy as np

from blocks.detection import detector
from blocks.phy.side_information import fixed_point
from blocks.words import captions as words_of
from blocks.words.describing import Objects
from blocks.words.statistics import FILE, MOST_CATEGORIES, SHAPES
from blocks.words.structured import symbols
from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.modalities.words import Words
from semlink.store.files import write_whole

DETECTOR, CONFIDENCE = "yolov4_tiny", 0.3
SMOOTHED = 0.5  # occurrences that are added to each entry of a table
OWN_ROW = 20.0  # occurrences that the mean of all rows is worth in each row
UNIFORM = ("things", "which")  # chosen by the budget; rows of different lengths
FEWEST_WORDS, FEWEST_PAIRS = 4, 3  # occurrences of a word, of a pair


def structured(described: Iterable[Words]) -> dict[str, np.ndarray]:
    """Tables of structured descriptions, by name : [rows, entries], uint16."""
    counts = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    for words in described:
        for table, row, value in symbols(words, sum(s[1] for s in SHAPES.values())):
            counts[table][row, value] += 1
    return {name: fixed_point(_smoothed(name, counts[name])) for name in SHAPES}


def _smoothed(name: str, counts: np.ndarray) -> np.ndarray:
    if name == "which":  # any of those that there are
        return np.tri(MOST_CATEGORIES) + 1e-9
    if name in UNIFORM:
        return np.ones(counts.shape)
    if name in ("x", "y"):
        return _centres(counts.shape)
    mean = counts.sum(axis=0) + SMOOTHED
    return counts + OWN_ROW * mean / mean.sum()


def _centres(shape: tuple[int, int]) -> np.ndarray:
    """Uniform over the cells of each size."""
    from blocks.words.grid import cells

    return (
        np.array(
            [np.arange(shape[1]) < cells(level) for level in range(shape[0])], float
        )
        + 1e-9
    )


def of_captions(captions: Sequence[Sequence[str]]) -> dict[str, np.ndarray]:
    """Vocabulary, pairs of words and letters of captions.

    Parameters
    ----------
    captions : words of each caption
    """
    often = Counter(chain.from_iterable(captions))
    vocabulary = sorted(w for w, n in often.items() if n >= FEWEST_WORDS)
    entries = {w: words_of.FIRST + i for i, w in enumerate(vocabulary)}
    size = words_of.FIRST + len(vocabulary)
    alone, pairs = np.zeros(size, np.int64), Counter()
    for caption in captions:
        said = [entries.get(word, words_of.RARE) for word in caption]
        pairs.update(pairwise([words_of.END, *said, words_of.END]))
        np.add.at(alone, [*said, words_of.END], 1)
    kept = sorted(pair for pair, n in pairs.items() if n >= FEWEST_PAIRS)
    first, second = np.array(kept).T
    return {
        "vocabulary": np.array(vocabulary),
        "alone": np.maximum(alone, 1).astype(np.uint32),
        "starts": np.searchsorted(first, np.arange(size + 1)).astype(np.uint32),
        "words": second.astype(np.uint16),
        "counts": np.array([min(pairs[p], 65535) for p in kept], np.uint16),
        "letters": fixed_point(_letters(often, entries)),
    }


def _letters(often: Mapping[str, int], entries: Mapping[str, int]) -> np.ndarray:
    """Letters of rare words, and their ends : [1, letters + 1]."""
    counts = np.full((1, words_of.LAST_LETTER + 1), SMOOTHED)
    for word in often.keys() - entries.keys():
        for letter in word:
            counts[0, words_of.LETTERS.index(letter)] += 1
        counts[0, words_of.LAST_LETTER] += 1
    return counts


def _read(file: Path, left_out: set[int]) -> list[Sequence[str]]:
    entries = json.loads(file.read_text("utf-8"))["annotations"]
    kept = (e["caption"] for e in entries if e["image_id"] not in left_out)
    return [words_of.said(caption) for caption in kept]


def main(photos: str, captions: Path, left_out: Sequence[Path]) -> None:
    """Write the file that :mod:`blocks.words.statistics` reads."""
    source = catalogue().build("source", ComponentSpec.model_validate(photos))
    describe = Objects(detector(DETECTOR), CONFIDENCE)
    described = [describe(source[i].data, {}) for i in range(len(source))]
    others = [json.loads(file.read_text("utf-8"))["images"] for file in left_out]
    ids = {image["id"] for image in chain.from_iterable(others)}
    said = _read(captions, ids)
    made = structured(described) | of_captions(said)
    _save(made)
    objects = sum(len(words.things) for words in described)
    print(f"{len(described)} photos, {objects} objects, {len(said)} captions")


def _save(arrays: Mapping[str, np.ndarray]) -> None:
    import io

    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    write_whole(FILE, file.getvalue())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), [Path(name) for name in sys.argv[3:]])
