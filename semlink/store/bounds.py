"""Floor and ceiling of the metrics of a run: ``bounds.csv`` in its folder."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from semlink.metrics import Bounds
from semlink.store.results import ResultStore
from semlink.store.rows import damaged

FILE = "bounds.csv"
COLUMNS = ("metric", "floor", "ceiling", "judged")


def write_bounds(store: ResultStore, bounds: Mapping[str, Bounds], judged: str) -> None:
    """Write the bounds of all metrics that have them.

    Parameters
    ----------
    store : store of the run
    bounds : by metric
    judged : hash of the tasks and samples that they are of
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([metric, *both, judged] for metric, both in bounds.items())
    store.write(FILE, text.getvalue().encode())


def read_bounds(folder: Path, judged: str | None = None) -> dict[str, Bounds] | None:
    """Bounds of a run by metric; ``None`` where it has none.

    Parameters
    ----------
    folder : folder of the run
    judged : hash of tasks and samples; bounds of others are not read

    Raises
    ------
    InputError
        The file is damaged.
    """
    path = Path(folder) / FILE
    try:
        text = path.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError:
        return None
    lines = csv.DictReader(io.StringIO(text))
    try:
        rows = [(row["metric"], row["judged"], _bounds(row)) for row in lines]
    except (csv.Error, KeyError, TypeError, ValueError) as error:
        raise damaged(path, lines.line_num, str(error)) from None
    if judged is not None and any(row[1] != judged for row in rows):
        return None
    return {metric: both for metric, _, both in rows}


def _bounds(row: Mapping[str, str]) -> Bounds:
    return Bounds(*(float(row[name] or "nan") for name in ("floor", "ceiling")))
