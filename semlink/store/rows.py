"""Rows of results as text: columns, reading and writing."""

import csv
import gc
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import wraps
from itertools import zip_longest
from operator import itemgetter, ne
from pathlib import Path

from semlink.errors import InputError

PURPOSES = ("header", "side", "payload", "pilots", "retransmission")
COLUMNS = (
    "scenario",
    "transmitter",
    "channel",
    "source",
    "snr_db",
    "cbr_target",
    "cbr",
    "task",
    "metric",
    "mean",
    "ci95",
    "count",
    "outage",
    "latency_slots",
    "seconds",
    "point_id",
    "status",
    "images",
    "draws",
    *(f"cbr_{purpose}" for purpose in PURPOSES),
    "cbr_up",
    "cbr_backhaul",
    "cbr_other",
)
# prefixes of ``status``: the point raised an error, or no setting fits the budget
FAILED, INFEASIBLE = "failed", "infeasible"
ORDER = ("scenario", "transmitter", "channel", "source", "cbr_target", "snr_db")
NUMBERS = ("cbr_target", "snr_db")
COUNTS = ("images", "draws")
KNOWN = (*NUMBERS, *COUNTS, "count", "seconds")  # at every point
WORDS = (
    "scenario",
    "transmitter",
    "channel",
    "source",
    "task",
    "metric",
    "point_id",
    "status",
    "cbr_other",
)
_NUMERIC = tuple(i for i, column in enumerate(COLUMNS) if column not in WORDS)
_POINT_ID, _WIDTH = COLUMNS.index("point_id"), len(COLUMNS)

Row = Mapping[str, object]


def _no_garbage(function: Callable) -> Callable:
    """Disable garbage collection, which is slow and useless over many new rows."""

    @wraps(function)
    def undisturbed(*args):
        collects = gc.isenabled()
        gc.disable()
        try:
            return function(*args)
        finally:
            if collects:
                gc.enable()

    return undisturbed


@_no_garbage
def parse_rows(data: bytes, path: Path) -> list[dict[str, str]]:
    """Read the rows in a file's bytes.

    A file that a spreadsheet or a table library saved again is read, too: with a byte
    order mark, ``\\r\\n``, empty cells for NaN, and numbers written in another way.

    Raises
    ------
    InputError
        The file is damaged, or was written by an earlier version.
    """
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
        lines = [_cells(line) for line in text.split("\n")[:-1]]
    except UnicodeDecodeError as error:
        raise damaged(path, data.count(b"\n", 0, error.start) + 1, str(error)) from None
    except csv.Error as error:
        raise damaged(path, 1, str(error)) from None
    _check_header(lines[0] if lines else [], path)
    _check_shape(lines[1:], path)
    _make_plain(lines[1:], path)
    return [dict(zip(COLUMNS, line, strict=True)) for line in lines[1:]]


def _cells(line: str) -> list[str]:
    """Cells of a line of CSV; most lines have no quotes."""
    return next(csv.reader([line])) if '"' in line else line.split(",")


def _check_header(cells: Sequence[str], path: Path) -> None:
    if cells[:2] == ["transmitter", "channel"]:
        raise InputError(
            f"{path} was written by an earlier version, with other random numbers; "
            f"choose another run, got {len(cells)} columns instead of {len(COLUMNS)}"
        )
    for number, pair in enumerate(zip_longest(COLUMNS, cells), 1):
        if pair[0] != pair[1]:
            needed, got = ("none" if n is None else repr(n[:60]) for n in pair)
            raise damaged(path, 1, f"column {number} must be {needed}, got {got}")


def _check_shape(lines: Sequence[Sequence[str]], path: Path) -> None:
    for number, cells in enumerate(lines, 2):
        if len(cells) != _WIDTH:
            raise damaged(path, number, f"a row has {_WIDTH} cells, got {len(cells)}")
        if not cells[_POINT_ID]:
            raise damaged(path, number, "column point_id must not be empty")


def _make_plain(lines: Sequence[list[str]], path: Path) -> None:
    """Write the numbers as this program does; equal cells are read once."""
    for place in _NUMERIC:
        plain = {}
        for text in set(map(itemgetter(place), lines)):
            try:
                plain[text] = _plain(text, COLUMNS[place])
            except ValueError:
                number = 2 + [line[place] for line in lines].index(text)
                reason = f"column {COLUMNS[place]} must be a number, got {text[:60]!r}"
                raise damaged(path, number, reason) from None
        if any(map(ne, plain, plain.values())):
            for line in lines:
                line[place] = plain[line[place]]


def _plain(text: str, column: str) -> str:
    """A number as this program writes it; an empty cell is NaN where one can be."""
    if not text and column not in KNOWN:
        return "nan"
    value = float(text)
    if column in NUMBERS:
        return str(value)
    if column in COUNTS and value.is_integer():
        return str(int(value))
    return text


def damaged(path: Path, line: int, reason: str) -> InputError:
    """The error of a damaged file."""
    return InputError(
        f"{path} is damaged at line {line} ({reason}); repair it or move it away"
    )


def header() -> bytes:
    """The first line of a file of results."""
    return (",".join(COLUMNS) + "\n").encode()


def format_rows(rows: Sequence[Row]) -> bytes:
    """Rows as lines of a file of results."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    # one line per row, whatever the name of an image, to detect torn rows
    writer.writerows({k: str(v).replace("\n", " ") for k, v in r.items()} for r in rows)
    return text.getvalue().encode(errors="backslashreplace")


def series(row: Row) -> str:
    """What a row is of, as a curve or a line of a table: a scenario, or a transmitter.

    A scenario has several transmitters, and its rows name none.
    """
    return row["scenario"] or row["transmitter"]


def has_target(rows: Iterable[Row]) -> bool:
    """Whether a CBR was asked for at any of the points; scenarios have none."""
    return any(float(row["cbr_target"]) for row in rows)


def grouped(rows: Sequence[Row], *columns: str) -> Iterator[tuple[tuple, list[Row]]]:
    """Rows by the values of some columns, in order of first appearance."""
    groups: dict[tuple, list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[c] for c in columns), []).append(row)
    yield from groups.items()
