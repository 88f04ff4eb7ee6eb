"""Rows of results as text: columns, reading and writing."""

import csv
import gc
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from itertools import chain
from operator import itemgetter
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
_WORDS = (
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
_NUMERIC = tuple(i for i, column in enumerate(COLUMNS) if column not in _WORDS)
_POINT_ID = COLUMNS.index("point_id")

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

    Raises
    ------
    InputError
        The file is damaged, or was written by an earlier version.
    """
    try:
        text = data.decode().replace("\r\n", "\n")  # from a Windows editor
        lines = [_cells(line) for line in text.split("\n")[:-1]]
    except (UnicodeDecodeError, csv.Error) as error:
        raise damaged(path, 1, str(error)) from None
    if lines and lines[0][:2] == ["transmitter", "channel"]:
        raise InputError(
            f"{path} was written by an earlier version, with other random numbers; "
            f"choose another run, got {len(lines[0])} columns instead of {len(COLUMNS)}"
        )
    if not lines or tuple(lines[0]) != COLUMNS:
        raise damaged(path, 1, "the header is not that of a results file")
    if not _sound(lines[1:]):
        number = next(n for n, line in enumerate(lines[1:], 2) if not _sound([line]))
        told = ",".join(lines[number - 1])[:60]
        raise damaged(path, number, f"not a row of results: {told}")
    return [dict(zip(COLUMNS, line, strict=True)) for line in lines[1:]]


def _cells(line: str) -> list[str]:
    """Cells of a line of CSV; most lines have no quotes."""
    return next(csv.reader([line])) if '"' in line else line.split(",")


def _sound(lines: Sequence[Sequence[str]]) -> bool:
    """Whether all lines are rows of results; equal cells are checked once."""
    if any(len(line) != len(COLUMNS) or not line[_POINT_ID] for line in lines):
        return False
    try:
        for value in set(chain.from_iterable(map(itemgetter(*_NUMERIC), lines))):
            float(value)
    except ValueError:
        return False
    return True


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


def grouped(rows: Sequence[Row], *columns: str) -> Iterator[tuple[tuple, list[Row]]]:
    """Rows by the values of some columns, in order of first appearance."""
    groups: dict[tuple, list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[c] for c in columns), []).append(row)
    yield from groups.items()
