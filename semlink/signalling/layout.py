"""Layout of messages: the bits of each, in tables by version.

In front of every message is its version, ``version - 1`` ones and a zero: one bit in
the first version. A reader knows its own version and all before it. The tables are
printed in ``docs/loop_messages.md``.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, get_args

import numpy as np

from semlink.errors import InputError
from semlink.modalities.categories import CATEGORIES
from semlink.signalling.fields import (
    Bits,
    Choice,
    Choices,
    Field,
    Hex,
    Hexes,
    Quality,
    Real,
    Text,
    Values,
    failures,
    linear,
    logarithmic,
    named,
    whole,
    with_zero,
)
from semlink.signalling.messages import (
    Act,
    Grant,
    Intent,
    Message,
    Report,
    Request,
    Sync,
    Target,
    TaskName,
    TaskProfile,
    read,
)


class Always(NamedTuple):
    """A value that takes no bits, in one case of :class:`Either`."""

    name: str
    value: Any

    def write(self, values: Values) -> str:
        return ""

    def read(self, bits: Bits) -> dict[str, Any]:
        return {self.name: self.value}

    def row(self) -> tuple[str, str, str]:
        return self.name, "0", f"{self.value:g}"


class Either(NamedTuple):
    """A bit, and one of two groups of fields: 0 for the first.

    The first group is taken where its :class:`Always` fields have the values that the
    second would carry.
    """

    usual: tuple[Field, ...]
    other: tuple[Field, ...]

    def write(self, values: Values) -> str:
        other = written(self.other, values)
        carried = values_of(self.other, Bits(other))
        fixed = (field for field in self.usual if isinstance(field, Always))
        if all(carried[field.name] == field.value for field in fixed):
            return "0" + written(self.usual, values)
        return "1" + other

    def read(self, bits: Bits) -> dict[str, Any]:
        return values_of(self.other if bits.number(1) else self.usual, bits)


class Repeated(NamedTuple):
    """A number, and as many groups of fields.

    count : bits of the number
    """

    name: str
    count: int
    fields: tuple[Field, ...]

    def write(self, values: Values) -> str:
        groups = values[self.name]
        if len(groups) >= 2**self.count:
            most = 2**self.count - 1
            raise InputError(
                f"{self.name} must be at most {most} to be sent, got {len(groups)}"
            )
        number = f"{len(groups):0{self.count}b}"
        return number + "".join(written(self.fields, group) for group in groups)

    def read(self, bits: Bits) -> dict[str, Any]:
        number = bits.number(self.count)
        return {self.name: tuple(values_of(self.fields, bits) for _ in range(number))}


class Rest(NamedTuple):
    """All bits that are left, as they are."""

    name: str

    def write(self, values: Values) -> str:
        return "".join(map(str, values[self.name]))

    def read(self, bits: Bits) -> dict[str, Any]:
        return {self.name: tuple(map(int, bits.take()))}

    def row(self) -> tuple[str, str, str]:
        return self.name, "all others", "as they are"


Layout = tuple[Any, ...]


def written(fields: Layout, values: Values) -> str:
    """Bits of fields in their order."""
    return "".join(field.write(values) for field in fields)


def values_of(fields: Layout, bits: Bits) -> dict[str, Any]:
    """Values of fields, read in their order."""
    return {name: value for f in fields for name, value in f.read(bits).items()}


def _names(model: type, field: str) -> tuple[str, ...]:
    return get_args(model.model_fields[field].annotation)


PROFILE_1 = (
    whole("number", 4),
    Choice("task", get_args(TaskName)),
    whole("priority", 2),
    Choices("classes", CATEGORIES, 2),
    logarithmic("deadline_ms", 8, 1, 1e5, "down"),
    failures("reliability", 5, per_decade=5),
    logarithmic("uses", 8, 100, 1e7, "down", integer=True),
    logarithmic("energy_mj", 8, 0.01, 1e6, "down"),
    whole("retransmissions", 2),
)
GRANT_1 = (
    whole("frame", 8),
    whole("profile", 4),
    whole("transmitter", 4),
    with_zero(logarithmic("uses", 8, 100, 1e7, "down", integer=True)),
    whole("retransmissions", 2),
    Either(
        (Always("power_db", 0.0), Always("redundancy", 0)),
        (linear("power_db", 5, -16, 15, "down"), whole("redundancy", 2)),
    ),
)
REQUEST_1 = (
    whole("frame", 8),
    Choice("verdict", _names(Request, "verdict")),
    Rest("parts"),
)
REPORT_1 = (
    whole("frame", 4),
    Choice("late", (False, True)),
    whole("state_db", 6, low=-16),
    Quality(
        linear("success", 3, 0, 1, "nearest"), linear("success", 1, 0, 1, "nearest")
    ),
)
INTENT_1 = (
    Choice("verb", _names(Intent, "verb")),
    whole("priority", 2),
    Choices("classes", CATEGORIES, 7),
    Text("question"),
    Repeated(
        "targets",
        4,
        (
            Choice("name", _names(Target, "name")),
            Choice("condition", _names(Target, "condition")),
            Real("value"),
        ),
    ),
    Text("user"),
    Text("scenario"),
)
ACT_1 = (whole("frame", 8), Choice("kind", _names(Act, "kind")))
SYNC_1 = (Text("base"), Hex("before"), Hex("after"), Hexes("added"), Hexes("removed"))

LAYOUTS: dict[type[Message], dict[int, Layout]] = {
    Intent: {1: INTENT_1},
    TaskProfile: {1: PROFILE_1},
    Grant: {1: GRANT_1},
    Request: {1: REQUEST_1},
    Report: {1: REPORT_1},
    Sync: {1: SYNC_1},
    Act: {1: ACT_1},
}
Kind = TypeVar("Kind", bound=Message)


def encode(message: Message, layouts: Mapping[int, Layout] | None = None) -> np.ndarray:
    """The bits of a message.

    Parameters
    ----------
    message : message; its version says which layout it has
    layouts : layouts of its kind by version; by default those of ``LAYOUTS``

    Output
    ------
    : [n], uint8, zeros and ones

    Raises
    ------
    InputError
        A value does not fit its field.
    """
    known = layouts or LAYOUTS[type(message)]
    version = _known(type(message), message.version, known)
    text = "1" * (version - 1) + "0" + written(known[version], message.model_dump())
    return np.frombuffer(text.encode(), np.uint8) - ord("0")


def decode(
    kind: type[Kind],
    bits: Sequence[int] | np.ndarray,
    layouts: Mapping[int, Layout] | None = None,
) -> Kind:
    """The message of some bits.

    Parameters
    ----------
    kind : class of the message
    bits : [n], zeros and ones
    layouts : as for :func:`encode`

    Raises
    ------
    InputError
        The message is of a later version, too short or too long, or a value is none.
    """
    message, left = _front(kind, bits, layouts or LAYOUTS[kind])
    if left:
        raise InputError(
            f"{kind.__name__.lower()} must end after {len(bits) - left} bits, "
            f"got {len(bits)} bits"
        )
    return message


def front(kind: type[Kind], bits: Sequence[int] | np.ndarray) -> Kind:
    """The message at the front of a block of bits; what follows it fills the block.

    Raises
    ------
    InputError
        As for :func:`decode`.
    """
    return _front(kind, bits, LAYOUTS[kind])[0]


def _front(kind: type[Kind], bits, known: Mapping[int, Layout]) -> tuple[Kind, int]:
    """The message at the front of some bits, and the number of the others."""
    stream = Bits("".join("1" if bit else "0" for bit in bits))
    version = 1
    while stream.number(1):
        version += 1
    values = values_of(known[_known(kind, version, known)], stream)
    return read(kind, {"version": version, **values}), stream.left


def on_air(message: Kind) -> Kind:
    """A message as the other end has it: on the grids of its fields."""
    return decode(type(message), encode(message))


def _known(kind: type[Message], version: int, layouts: Mapping[int, Layout]) -> int:
    if version not in layouts:
        raise InputError(
            f"version of {kind.__name__.lower()} must be at most {max(layouts)}, "
            f"got {version}"
        )
    return version


def table(kind: type[Message], version: int) -> str:
    """The layout of a message, in Markdown."""
    lines = ["| field | bits | values |", "|---|---|---|"]
    lines.append(f"| version | {version} | {'1' * (version - 1)}0 |")
    lines += [f"| {' | '.join(row)} |" for row in _rows(LAYOUTS[kind][version])]
    return "\n".join(lines)


def _rows(fields: Layout, before: str = "") -> list[tuple[str, str, str]]:
    rows = []
    for field in fields:
        if isinstance(field, Either):
            names = ", ".join(f.name for f in field.other)
            rows.append((f"{before}form of {names}", "1", "0 or 1"))
            for number, group in enumerate((field.usual, field.other)):
                rows += _rows(group, f"{before}{number}: ")
        elif isinstance(field, Quality):
            rows += [named(before, row) for row in field.rows()]
        elif isinstance(field, Repeated):
            rows.append((f"{before}{field.name}", str(field.count), "their number"))
            rows += _rows(field.fields, f"{before}each: ")
        else:
            name, width, says = field.row()
            rows.append((f"{before}{name}", width, says))
    return rows
