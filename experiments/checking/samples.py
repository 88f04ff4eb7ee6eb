"""Samples that components are checked with."""

import string

import numpy as np

from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.protocols import Source
from semlink.signals import IMAGE, Sample

# sizes of pictures; a pair gets the first that it can send
SIDES = ((128, 192), (64, 96), (32, 32), (16, 16))
OTHER_SIDE = (96, 144)
WORDS, OTHER_WORDS = 50, 31
NUMBER = 3
MODALITIES = (IMAGE, "signal", "text")


def samples_of(modality: str, sides: tuple[int, int] = SIDES[0]) -> list[Sample]:
    """Samples of one size.

    Raises
    ------
    InputError
        There are none of this modality.
    """
    if modality == IMAGE:
        return [_picture(i, *sides) for i in range(NUMBER)]
    if modality == "signal":
        return [_signal(i) for i in range(NUMBER)]
    if modality == "text":
        return [_text(i, WORDS) for i in range(NUMBER)]
    known = ", ".join(MODALITIES)
    raise InputError(
        f"samples must be given by --source for modalities other than {known}, got "
        f"{modality}"
    )


def other_sizes(modality: str) -> list[Sample]:
    """Samples of another size, for budgets."""
    if modality == IMAGE:
        return [_picture(NUMBER, *OTHER_SIDE)]
    return [_text(NUMBER, OTHER_WORDS)] if modality == "text" else []


def from_source(word: str) -> list[Sample]:
    """The first samples of a source.

    Raises
    ------
    InputError
        It does not exist, or has fewer than two samples.
    """
    spec = ComponentSpec.model_validate(word)
    source: Source = catalogue().build("source", spec)
    if len(source) < 2:
        raise InputError(f"--source must have 2 samples or more, got {len(source)}")
    return [source[i] for i in range(min(len(source), NUMBER))]


def _picture(index: int, height: int, width: int) -> Sample:
    photos = catalogue().build("source", ComponentSpec(name="photos"))
    photo = photos[index % len(photos)].data
    top, left = (photo.shape[0] - height) // 2, (photo.shape[1] - width) // 2
    piece = np.ascontiguousarray(photo[top : top + height, left : left + width])
    name = f"photo {index} of {height}x{width}"
    return Sample(piece, IMAGE, piece.size, index, name)


def _signal(index: int) -> Sample:
    draw = np.random.default_rng([5, index]).standard_normal((64, 64, 3), np.float32)
    return Sample(draw, "signal", draw.size, index, f"signal {index}")


def _text(index: int, words: int) -> Sample:
    letters = list(string.ascii_lowercase)
    drawn = np.random.default_rng([6, index]).choice(letters, (words, 4))
    text = " ".join(map("".join, drawn))
    return Sample(text, "text", words, index, f"text {index} of {words} words")
