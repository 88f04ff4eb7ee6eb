"""Fields of messages: how values become bits.

A field writes its part of a message's values, and reads it back. Numbers have grids.
A number between two points of its grid takes the one on the safe side; where the grid
has none on that side, it is refused.
"""

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from semlink.errors import InputError

DIGITS = 4  # significant digits of the points of a logarithmic grid
Values = Mapping[str, Any]


class Bits:
    """Bits that are read from the front.

    Parameters
    ----------
    text : zeros and ones
    """

    def __init__(self, text: str):
        self._text, self._at = text, 0

    def take(self, count: int | None = None) -> str:
        """The next bits, or all that are left."""
        end = len(self._text) if count is None else self._at + count
        if end > len(self._text):
            raise InputError(
                f"a message must go on for {end - len(self._text)} bits more, got "
                f"{len(self._text)} bits"
            )
        taken, self._at = self._text[self._at : end], end
        return taken

    def number(self, width: int) -> int:
        """A binary number, its most significant bit first."""
        return int(self.take(width) or "0", 2)

    @property
    def left(self) -> int:
        """Bits that were not read."""
        return len(self._text) - self._at


class Field(Protocol):
    """A part of a message. ``row`` is its name, width and content, for the docs."""

    def write(self, values: Values) -> str:
        """Bits of the field; an ``InputError`` if the values do not fit it."""

    def read(self, bits: Bits) -> dict[str, Any]:
        """Values of the field by name."""

    def row(self) -> tuple[str, str, str]: ...


def binary(number: int, width: int) -> str:
    """A number as bits; none if there is but one number."""
    return f"{number:0{width}b}" if width else ""


def _refuse(name: str, must: str, got: Any) -> InputError:
    return InputError(f"{name} must be {must} to be sent, got {got!r}")


class Grid(NamedTuple):
    """A number on a grid.

    name, width : name, and number of bits
    points : values, ascending
    safe : side on which a value between two points goes; ``exact``: it is refused
    says : the grid in words
    """

    name: str
    width: int
    points: tuple[float, ...]
    safe: Literal["down", "up", "nearest", "exact"]
    says: str

    def write(self, values: Values) -> str:
        value, points = values[self.name], self.points
        place = self._place(value)
        wrong = not 0 <= place < len(points) or (
            self.safe == "exact" and points[place] != value
        )
        if wrong:
            must = f"{'' if self.safe == 'exact' else 'roundable to '}{self.says}"
            raise _refuse(self.name, must, value)
        return binary(place, self.width)

    def _place(self, value: float) -> int:
        below = bisect_right(self.points, value) - 1
        if self.safe in ("down", "exact"):
            return below
        above = bisect_left(self.points, value)
        if self.safe == "up" or below < 0:
            return above
        if above == len(self.points):
            return below
        nearer = value - self.points[below] <= self.points[above] - value
        return below if nearer else above

    def read(self, bits: Bits) -> dict[str, Any]:
        place = bits.number(self.width)
        if place >= len(self.points):
            raise _refuse(self.name, f"one of {len(self.points)} points", place)
        return {self.name: self.points[place]}

    def row(self) -> tuple[str, str, str]:
        side = {"exact": "", "nearest": ", nearest"}.get(self.safe, f", {self.safe}")
        return self.name, str(self.width), self.says + side


def whole(name: str, width: int, low: int = 0) -> Grid:
    """Whole numbers from ``low``."""
    points = tuple(range(low, low + 2**width))
    return Grid(name, width, points, "exact", f"{points[0]} to {points[-1]}")


def linear(name: str, width: int, first: float, last: float, safe: str) -> Grid:
    """Equal steps from ``first`` to ``last``."""
    steps = 2**width - 1
    points = tuple(first + k * (last - first) / steps for k in range(steps + 1))
    return Grid(name, width, points, safe, f"{first:g} to {last:g} in {steps} steps")


def logarithmic(
    name: str, width: int, first: float, last: float, safe: str, integer: bool = False
) -> Grid:
    """Equal ratios from ``first`` to ``last``, in four significant digits."""
    steps = 2**width - 1
    exact = (first * (last / first) ** (k / steps) for k in range(steps + 1))
    points = tuple(float(f"{value:.{DIGITS}g}") for value in exact)
    if integer:
        points = tuple(map(round, points))
    says = f"{first:g} to {last:g} in {steps} equal ratios"
    return Grid(name, width, points, safe, says)


def with_zero(grid: Grid) -> Grid:
    """A grid whose first point is replaced by zero."""
    return grid._replace(points=(0, *grid.points[1:]), says=f"0, or {grid.says}")


def failures(name: str, width: int, per_decade: int) -> Grid:
    """Probabilities of success whose failures have equal ratios, rounded up."""
    exact = (10.0 ** (-(k + 1) / per_decade) for k in range(2**width))
    points = tuple(round(1 - float(f"{value:.{DIGITS}g}"), 10) for value in exact)
    says = f"1 - 10^(-(k + 1)/{per_decade}) for k = 0 to {2**width - 1}"
    return Grid(name, width, points, "up", says)


class Choice(NamedTuple):
    """One of some values, by its place."""

    name: str
    options: tuple[Any, ...]

    @property
    def width(self) -> int:
        return (len(self.options) - 1).bit_length()

    def write(self, values: Values) -> str:
        return self.one(values[self.name])

    def one(self, value: Any) -> str:
        if value not in self.options:
            raise _refuse(self.name, f"one of {len(self.options)} options", value)
        return binary(self.options.index(value), self.width)

    def read(self, bits: Bits) -> dict[str, Any]:
        place = bits.number(self.width)
        if place >= len(self.options):
            raise _refuse(self.name, f"one of {len(self.options)} options", place)
        return {self.name: self.options[place]}

    def row(self) -> tuple[str, str, str]:
        return self.name, str(self.width), _listed(self.options)


def _listed(options: Sequence[Any]) -> str:
    if len(options) <= 8:
        return ", ".join(map(str, options))
    return f"place among the {len(options)}, {options[0]} being 0"


class Choices(NamedTuple):
    """Some of the options: their number, and each.

    count : bits of their number
    """

    name: str
    options: tuple[Any, ...]
    count: int

    def write(self, values: Values) -> str:
        chosen, one = values[self.name], Choice(self.name, self.options)
        if len(chosen) >= 2**self.count:
            raise _refuse(self.name, f"at most {2**self.count - 1}", len(chosen))
        return binary(len(chosen), self.count) + "".join(map(one.one, chosen))

    def read(self, bits: Bits) -> dict[str, Any]:
        one = Choice(self.name, self.options)
        number = bits.number(self.count)
        return {self.name: tuple(one.read(bits)[self.name] for _ in range(number))}

    def row(self) -> tuple[str, str, str]:
        width = Choice(self.name, self.options).width
        says = f"their number, then for each the {_listed(self.options)}"
        return self.name, f"{self.count} + {width} each", says


class Text(NamedTuple):
    """UTF-8 with its number of bytes in front."""

    name: str
    count: int = 8

    def write(self, values: Values) -> str:
        data = values[self.name].encode()
        if len(data) >= 2**self.count:
            raise _refuse(self.name, f"below {2**self.count} bytes", len(data))
        return binary(len(data), self.count) + "".join(binary(b, 8) for b in data)

    def read(self, bits: Bits) -> dict[str, Any]:
        data = bytes(bits.number(8) for _ in range(bits.number(self.count)))
        try:
            return {self.name: data.decode()}
        except UnicodeDecodeError:
            raise _refuse(self.name, "UTF-8", data) from None

    def row(self) -> tuple[str, str, str]:
        return self.name, f"{self.count} + 8 each", "number of bytes, then UTF-8"


class Hex(NamedTuple):
    """Hexadecimal digits with their number in front."""

    name: str

    def write(self, values: Values) -> str:
        return self.one(values[self.name])

    def one(self, value: str) -> str:
        if len(value) > 255 or set(value) - set("0123456789abcdef"):
            raise _refuse(self.name, "at most 255 digits of 0 to f", value)
        return binary(len(value), 8) + "".join(binary(int(v, 16), 4) for v in value)

    def read(self, bits: Bits) -> dict[str, Any]:
        return {
            self.name: "".join(f"{bits.number(4):x}" for _ in range(bits.number(8)))
        }

    def row(self) -> tuple[str, str, str]:
        return self.name, "8 + 4 each", "number of hexadecimal digits, then these"


class Hexes(NamedTuple):
    """Some hashes: their number, and each."""

    name: str

    def write(self, values: Values) -> str:
        hashes = values[self.name]
        if len(hashes) >= 2**16:
            raise _refuse(self.name, f"below {2**16}", len(hashes))
        return binary(len(hashes), 16) + "".join(map(Hex(self.name).one, hashes))

    def read(self, bits: Bits) -> dict[str, Any]:
        one, number = Hex(self.name), bits.number(16)
        return {self.name: tuple(one.read(bits)[self.name] for _ in range(number))}

    def row(self) -> tuple[str, str, str]:
        return self.name, "16 + (8 + 4 each) each", "their number, then each hash"


class Real(NamedTuple):
    """A number as IEEE 754 has it."""

    name: str

    def write(self, values: Values) -> str:
        packed = struct.pack(">d", values[self.name])
        return "".join(binary(byte, 8) for byte in packed)

    def read(self, bits: Bits) -> dict[str, Any]:
        packed = bytes(bits.number(8) for _ in range(8))
        return {self.name: struct.unpack(">d", packed)[0]}

    def row(self) -> tuple[str, str, str]:
        return self.name, "64", "IEEE 754, big-endian"


class Quality(NamedTuple):
    """How good a frame was: its success, a rating with a coarse success, or lost.

    alone : success without a rating
    rated : success beside one
    """

    alone: Field
    rated: Field

    def write(self, values: Values) -> str:
        if values["lost"]:
            return "100" + self.rated.write({"success": 0.0})
        if values["rating"]:
            return f"1{values['rating']:02b}" + self.rated.write(values)
        return "0" + self.alone.write(values)

    def read(self, bits: Bits) -> dict[str, Any]:
        if not bits.number(1):
            return {"lost": False, "rating": 0, **self.alone.read(bits)}
        rating = bits.number(2)
        return {"lost": not rating, "rating": rating, **self.rated.read(bits)}

    def rows(self) -> list[tuple[str, str, str]]:
        """Rows of the table of the docs."""
        return [
            ("form of rating, success", "1", "0 or 1"),
            named("0: ", self.alone.row()),
            ("1: rating", "2", "1 to 3; 0: the frame is lost"),
            named("1: ", self.rated.row()),
        ]


def named(before: str, row: tuple[str, str, str]) -> tuple[str, str, str]:
    """A row whose name has something in front."""
    return before + row[0], *row[1:]
