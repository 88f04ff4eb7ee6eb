"""The receiver's query: what it wants to know of a sample, and its bits.

A message has the number of classes in seven bits, the index of each in seven, and then
the questions, letter by letter: five bits each, of an alphabet of small letters, space,
question mark and apostrophe. A capital has a mark in front of it, any other byte of
UTF-8 an escape.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from semlink.errors import InputError
from semlink.modalities.categories import CATEGORIES

CLASS_BITS, LETTER_BITS, BYTE_BITS = 7, 5, 8
LETTERS = "abcdefghijklmnopqrstuvwxyz ?'"
CAPITAL, BYTE, END = range(len(LETTERS), 2**LETTER_BITS)


class Query(NamedTuple):
    """What a receiver wants to know of a picture.

    A receiver has its query from the start; a transmitter has it only after it was
    signalled and counted.

    questions : questions in English
    classes : names of COCO categories that are of interest
    """

    questions: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


def classes_of(query: object) -> tuple[str, ...]:
    """Classes of interest of a query; none, if it names none or is something else."""
    return query.classes if isinstance(query, Query) else ()


def encode(query: Query) -> np.ndarray:
    """The message of a query : [n], uint8, zeros and ones.

    Raises
    ------
    InputError
        It is no query, or names a class that COCO does not have.
    """
    if not isinstance(query, Query):
        raise InputError(f"a query that is signalled must be a Query, got {query!r}")
    known = set(CATEGORIES)
    if unknown := [name for name in query.classes if name not in known]:
        raise InputError(
            f"classes of a query must be categories of COCO, got {unknown[0]!r}"
        )
    numbers = [len(query.classes), *map(CATEGORIES.index, query.classes)]
    words = [(number, CLASS_BITS) for number in numbers]
    for question in query.questions:
        words += [*_letters(question), (END, LETTER_BITS)]
    return np.array([int(bit) for n, width in words for bit in f"{n:0{width}b}"], "u1")


def decode(bits: np.ndarray) -> Query:
    """The query of a message [n], uint8.

    Raises
    ------
    ValueError
        No query has this message.
    """
    text = "".join(map(str, np.asarray(bits).tolist()))
    count = int(text[:CLASS_BITS], 2)
    start = CLASS_BITS * (1 + count)
    numbers = [int(text[i : i + 7], 2) for i in range(CLASS_BITS, start, CLASS_BITS)]
    if len(text) < start or max(numbers, default=0) >= len(CATEGORIES):
        raise ValueError(f"a query must have its classes, got {text!r}")
    questions = tuple(_questions(text[start:]))
    return Query(questions, tuple(CATEGORIES[number] for number in numbers))


def num_bits(query: Query | None) -> int:
    """Length of a message; a receiver without a query sends none."""
    return 0 if query is None else len(encode(query))


def _letters(text: str) -> Iterator[tuple[int, int]]:
    """Numbers of a text, and the bits of each."""
    for letter in text:
        small = letter.lower()
        if letter.isascii() and small in LETTERS:
            if letter != small:
                yield CAPITAL, LETTER_BITS
            yield LETTERS.index(small), LETTER_BITS
            continue
        for byte in letter.encode("utf-8", "replace"):
            yield BYTE, LETTER_BITS
            yield byte, BYTE_BITS


def _questions(text: str) -> Iterator[str]:
    """Texts of a stream of letters, each up to its end."""
    place, letters, is_capital = 0, bytearray(), False
    while place < len(text):
        number = int(text[place : place + LETTER_BITS], 2)
        place += LETTER_BITS
        if number == END:
            yield letters.decode("utf-8", "replace")
            letters = bytearray()
        elif number == BYTE:
            letters.append(int(text[place : place + BYTE_BITS], 2))
            place += BYTE_BITS
        elif number != CAPITAL:
            letter = LETTERS[number]
            letters += (letter.upper() if is_capital else letter).encode()
        is_capital = number == CAPITAL
    if letters:
        raise ValueError(f"a question must have an end, got {letters.decode()!r}")
