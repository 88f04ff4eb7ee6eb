"""A table before it is written in a format: cells, blocks of rows, and notes."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

DAGGER = "†"


class Cell(NamedTuple):
    """A cell.

    text : number or word
    interval : half width of its interval, or its two ends; empty without one
    bold : whether it is the best of its column
    mark : superscript: a dagger, or the letter of a note
    count : number of deliveries that it is of, among how many, if that must be said
    """

    text: str
    interval: tuple[str, ...] = ()
    bold: bool = False
    mark: str = ""
    count: str = ""


class Line(NamedTuple):
    """A row; ``is_part`` if it belongs to the one above."""

    label: str
    cells: Sequence[Cell]
    is_part: bool = False


class Block(NamedTuple):
    """Rows under a common title, which may be empty."""

    title: str
    lines: Sequence[Line]


class Table(NamedTuple):
    """A table.

    name : words that tell it from the others of a run
    caption : what it shows
    corner, across, heads : title of the rows, of the columns, and of each column
    blocks : blocks of rows
    notes : sentences below it
    """

    name: tuple[str, ...]
    caption: str
    corner: str
    across: str
    heads: Sequence[str]
    blocks: Sequence[Block]
    notes: Sequence[str]


class Reasons:
    """Letters of notes that say why cells are empty, in order of appearance."""

    def __init__(self):
        self._known: dict[str, str] = {}

    def cell(self, reason: str) -> Cell:
        """An empty cell, with the letter of its reason."""
        number = len(self._known)
        return Cell("–", mark=self._known.setdefault(reason, chr(ord("a") + number)))

    def notes(self) -> list[str]:
        """Notes in words."""
        return [f"{letter}: {reason}." for reason, letter in self._known.items()]


def spanned(values: Sequence[int]) -> str:
    """The smallest and the largest of some numbers, or the only one."""
    return " to ".join(map(str, sorted({min(values), max(values)})))


def decimals(half_widths: Sequence[float], otherwise: int) -> int:
    """Decimals of numbers that are printed together.

    The widest interval has at most two significant digits, unless the narrowest would
    then have none; at most one decimal more than without intervals.

    Parameters
    ----------
    half_widths : of their intervals; NaN where there is none
    otherwise : decimals if no interval is known
    """
    known = [half for half in half_widths if np.isfinite(half) and half > 0]
    if not known:
        return otherwise
    places = max(_places(max(known), 2), _places(min(known), 1))
    return int(np.clip(places, 0, otherwise + 1))


def _places(value: float, significant: int) -> int:
    """Decimals at which a value has so many significant digits."""
    return significant - 1 - int(np.floor(np.log10(value)))


def numbered(
    mean: float, ends: Sequence[float], digits: int, sign: bool = False
) -> Callable[..., Cell]:
    """A cell of a number and its interval; further fields are given by name.

    Parameters
    ----------
    mean : the number
    ends : half width of its interval or its two ends; NaN without one
    digits : decimals
    sign : print the sign of positive numbers
    """
    form = f"{'+' if sign else ''}.{digits}f"
    each = form if len(ends) > 1 else f".{digits}f"
    interval = tuple(_spelt(end, each, digits) for end in ends if end == end)
    return lambda **more: Cell(_spelt(mean, form, digits), interval, **more)


def _spelt(value: float, form: str, digits: int) -> str:
    """A number as text; what rounds to zero is not negative."""
    return f"{round(value, digits) + 0.0:{form}}"
