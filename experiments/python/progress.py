"""Progress of a sweep for a terminal, a notebook or a log."""

import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from experiments.commands.display import Display
from semlink.metrics import Bounds
from semlink.store.rows import Row, series
from semlink.sweeps.monitor import Monitor
from semlink.sweeps.points import Point
from semlink.sweeps.sweep import Sweep

log = logging.getLogger("semlink")


class Progress:
    """Logs each finished point, and shows the table of the command line if wanted.

    Parameters
    ----------
    job, folder : the sweep, and where its results go
    is_shown : whether to show the table; ``None``: in a terminal or notebook
    is_kept : whether an interruption leaves the finished points
    """

    def __init__(self, job: Sweep, folder: Path, is_shown: bool | None, is_kept: bool):
        in_notebook = Console().is_jupyter
        if is_shown is None:
            is_shown = in_notebook or sys.stderr.isatty()
        # a notebook has red letters for standard error, and a cell for each rich line
        where = {"force_jupyter": False} if in_notebook else {"stderr": True}
        self._table = Display(job, folder, **where) if is_shown else None
        self._is_kept, self._total, self._done = is_kept, len(job.points), 0

    def __enter__(self) -> "Progress":
        if self._table:
            self._table.__enter__()
        return self

    def __exit__(self, *error) -> None:
        if self._table:
            self._table.__exit__(*error)

    def bounds(self, bounds: Mapping[str, Bounds]) -> None:
        """Show floor and ceiling of the metrics."""
        if self._table:
            self._table.bounds(bounds)

    def progress(self, point: Point, monitor: Monitor) -> None:
        """Show the running point."""
        if self._table:
            self._table.progress(point, monitor)

    def finished(self, point: Point, rows: Sequence[Row], resumed: bool) -> None:
        """Log and show a finished point."""
        self._done += 1
        row, count = rows[0], f"{self._done} of {self._total}"
        where = f"{series(row)} over {row['channel']} at {point.snr_db:g} dB"
        what = f"{row['metric']} {float(row['mean']):g}, {row['status']}"
        log.info("point %s: %s, CBR %g: %s", count, where, point.cbr, what)
        if self._table:
            self._table.finished(point, rows, resumed)

    def interrupted(self) -> None:
        """Show what is kept after an interruption."""
        if self._table and self._is_kept:
            self._table.interrupted()
