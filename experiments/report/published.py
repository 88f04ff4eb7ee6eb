"""Published curves, as data: ``docs/published/*.csv``."""

import csv
from pathlib import Path

from semlink.errors import InputError

FOLDER = Path(__file__).parents[2] / "docs" / "published"
COLUMNS = (
    "label",
    "dataset",
    "channel",
    "snr_db",
    "cbr",
    "metric",
    "value",
    "source",
    "convention",
    "how_read",
)
NUMBERS = ("snr_db", "cbr", "value")


def read_published(folder: Path = FOLDER) -> list[dict]:
    """All published points.

    Raises
    ------
    InputError
        A file is not in this format; the message has file and line.
    """
    return [row for rows in published_by_name(folder).values() for row in rows]


def published_by_name(folder: Path = FOLDER) -> dict[str, list[dict]]:
    """Published points, by the name of their file without ``.csv``.

    Raises
    ------
    InputError
        A file is not in this format; the message has file and line.
    """
    return {path.stem: _read(path) for path in sorted(folder.glob("*.csv"))}


def _read(path: Path) -> list[dict]:
    with open(path, newline="", encoding="utf-8") as file:
        lines = csv.DictReader(file)
        if tuple(lines.fieldnames or ()) != COLUMNS:
            raise InputError(f"{path}: columns must be {', '.join(COLUMNS)}")
        return [_point(line, f"{path}:{lines.line_num}") for line in lines]


def _point(line: dict, where: str) -> dict:
    if None in line or not all(line.values()):
        raise InputError(f"{where}: every column needs a value")
    try:
        return line | {column: float(line[column]) for column in NUMBERS}
    except ValueError as error:
        raise InputError(f"{where}: {error}") from None
