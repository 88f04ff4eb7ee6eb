"""Numbers with units: targets of an intent as people write them.

Each unit belongs to one target: times limit the latency, frequencies the bandwidth,
energies the energy, and percentages say how reliable a frame is.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from semlink.errors import InputError

# by target: units, and their value in the target's own unit
UNITS: dict[str, dict[str, float]] = {
    "latency": {
        "us": 1e-3,
        "microsecond": 1e-3,
        "ms": 1.0,
        "msec": 1.0,
        "millisecond": 1.0,
        "s": 1e3,
        "sec": 1e3,
        "second": 1e3,
        "min": 6e4,
        "minute": 6e4,
    },
    "bandwidth": {
        "hz": 1e-3,
        "hertz": 1e-3,
        "khz": 1.0,
        "kilohertz": 1.0,
        "mhz": 1e3,
        "megahertz": 1e3,
        "ghz": 1e6,
        "gigahertz": 1e6,
    },
    "energy": {
        "uj": 1e-3,
        "microjoule": 1e-3,
        "mj": 1.0,
        "millijoule": 1.0,
        "j": 1e3,
        "joule": 1e3,
        "kj": 1e6,
        "kilojoule": 1e6,
    },
    "reliability": {"%": 0.01, "percent": 0.01, "per cent": 0.01},
}
MEANT = {
    unit: (name, factor)
    for name, units in UNITS.items()
    for unit, factor in units.items()
}
MEGAJOULE = ("energy", 1e9)
NUMBER = r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
SPELT = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
SPELT |= {"six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twenty": 20}
SPELT |= {"fifty": 50, "hundred": 100, "half": 0.5}
_LONGEST_FIRST = "|".join(map(re.escape, sorted(MEANT, key=len, reverse=True)))
_COUNT = rf"(?P<number>{NUMBER}|(?:{'|'.join(SPELT)})(?:\s+an?)?)"
QUANTITY = re.compile(
    rf"(?<![\w.]){_COUNT}\s*-?\s*(?P<unit>(?:{_LONGEST_FIRST})s?)(?!\w)",
    re.IGNORECASE,
)


class Quantity(NamedTuple):
    """A value in a text.

    name : target whose unit it has
    value : in the target's own unit
    start, end : where it stands
    text : as it was written
    """

    name: str
    value: float
    start: int
    end: int
    text: str


def quantities(text: str) -> Iterator[Quantity]:
    """Numbers with a known unit, in the order of the text."""
    for found in QUANTITY.finditer(text.replace("µ", "u").replace("μ", "u")):
        name, factor = _unit(found["unit"])
        value = factor * _number(found["number"])
        yield Quantity(name, value, *found.span(), found[0])


def quantity(name: str, said: object) -> float:
    """A target's value: a number in its own unit, or a text with a unit.

    Raises
    ------
    InputError
        The unit is unknown, or that of another target, or there is none.
    """
    if not isinstance(said, str):
        return said  # the message checks numbers
    found = list(quantities(said.strip()))
    whole = len(found) == 1 and found[0].text == said.strip().replace("µ", "u")
    if not whole or found[0].name != name:
        units = ", ".join(UNITS[name])
        raise InputError(f"{name} must be a number with one of {units}, got {said!r}")
    return found[0].value


def _unit(said: str) -> tuple[str, float]:
    """Target and factor of a unit; capitals matter for the megajoule alone."""
    if said == "MJ":
        return MEGAJOULE
    word = said.lower()
    return MEANT[word] if word in MEANT else MEANT[word.removesuffix("s")]


def _number(said: str) -> float:
    word = said.lower().split()[0]
    return SPELT[word] if word in SPELT else float(word)
