"""Runs as DataFrames."""

import csv
import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from experiments.commands.manifests import read_manifest
from semlink.contracts.fault import shown
from semlink.errors import InputError
from semlink.store.bounds import read_bounds
from semlink.store.results import SAMPLES, read_points
from semlink.store.rows import COLUMNS, COUNTS, WORDS, Row, damaged

PLACE = ("scenario", "transmitter", "channel", "source", "snr_db", "cbr_target")
WHOLE = (*COUNTS, "count")


def read(folder: str | os.PathLike, *, samples: bool = False) -> pd.DataFrame:
    """Read the results of a run.

    Parameters
    ----------
    folder : folder of the run, such as ``runs/sweep``
    samples : one row per sample in place of one per point and metric

    Output
    ------
    : columns of ``points.csv``, numbers as numbers; ``attrs`` has the manifest and the
        bounds, each if the run has them

    Raises
    ------
    InputError
        There are no results, or they are damaged.
    """
    if not isinstance(folder, str | os.PathLike):
        raise InputError(f"a run is a folder, such as runs/sweep, got {shown(folder)}")
    folder = Path(folder).expanduser()
    rows = read_points(folder)
    try:
        manifest = read_manifest(folder)
    except InputError:
        manifest = {}
    table = _of_samples(folder, rows, manifest) if samples else _of_points(rows)
    bounds = read_bounds(folder) or {}
    known = {name: both._asdict() for name, both in bounds.items()}
    table.attrs = {"manifest": manifest, "bounds": known}
    return table


def _of_points(rows: Sequence[Row]) -> pd.DataFrame:
    """One row per point and metric."""
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    numbers = {c: float for c in COLUMNS if c not in WORDS}
    return table.astype(numbers | dict.fromkeys(WHOLE, "int64"))


def _of_samples(folder: Path, rows: Sequence[Row], manifest: dict) -> pd.DataFrame:
    """One row per sample, or per draw where the draws are the independent samples."""
    first = {row["point_id"]: row for row in reversed(rows)}
    points = [row for row in rows if first[row["point_id"]] is row]
    remembering = manifest.get("remembering", ())
    found = [
        one
        for row in points
        if row["status"] == "ok"
        for one in _samples(folder, row, row["transmitter"] in remembering)
    ]
    metrics = list(dict.fromkeys(row["metric"] for row in rows))
    table = pd.DataFrame(found, columns=[*PLACE, "sample", "draw", *metrics])
    return table.astype({"sample": "Int64", "draw": "Int64", **_floats(metrics)})


def _floats(metrics: Sequence[str]) -> dict[str, type]:
    return dict.fromkeys(("snr_db", "cbr_target", *metrics), float)


def _samples(folder: Path, row: Row, is_ordered: bool) -> list[dict]:
    """The samples of a point, with the value of each metric."""
    by_number: dict[int, dict] = {}
    for metric, number, total, count in _lines(folder, row["point_id"]):
        of = by_number.setdefault(number, {})
        of[metric] = total / count if count else float("nan")
    place = {column: row[column] for column in PLACE}
    return [
        place | _numbers(row, is_ordered, number) | values
        for number, values in sorted(by_number.items())
    ]


def _numbers(row: Row, is_ordered: bool, number: int) -> dict[str, int]:
    """Sample and draw of an independent sample, as far as it is of one."""
    if row["images"] == "1":
        return {"sample": 0, "draw": number}
    if is_ordered:
        return {"draw": number}
    return {"sample": number} | ({"draw": 0} if row["draws"] == "1" else {})


def _lines(folder: Path, point_id: str) -> list[tuple[str, int, float, float]]:
    """(metric, sample, sum, count) of a point."""
    path = folder / SAMPLES / f"{point_id}.csv"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file)
            next(lines, None)
            return [(m, int(n), float(s), float(c)) for m, n, s, c in lines]
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    except (csv.Error, ValueError) as error:
        raise damaged(path, lines.line_num, str(error)) from None
