"""Progress of a sweep as a table, live in a terminal."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.text import Text

from experiments.commands.columns import Column, table_of
from semlink.errors import InputError
from semlink.metrics import LINK, Bounds, Metric
from semlink.registry import unknown
from semlink.store.rows import Row, series
from semlink.store.targets import warnings_of
from semlink.sweeps.monitor import Monitor
from semlink.sweeps.points import Point, where
from semlink.sweeps.sweep import Sweep

TIMES = (("elapsed", 8), ("left", 8))  # title, width
MOST_METRICS = 4  # of the tasks, in a line
WIDTH, WIDTH_OF_RATE, WITH_INTERVAL = 7, 8, 14
ALL = "all"


class Display:
    """Prints one line for each finished point, and in a terminal the running one.

    Parameters
    ----------
    job : the sweep
    folder : where its results go
    more : metrics of the table beside the usual ones; ``all``: every one
    where : arguments of the console; standard output by default

    Raises
    ------
    InputError
        The sweep has no metric of a name.
    """

    def __init__(
        self, job: Sweep, folder: Path, more: Sequence[str] = (), **where: bool
    ):
        self._job, self._folder = job, folder
        self._console = Console(highlight=False, soft_wrap=True, markup=False, **where)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._start = self._point_start = time.perf_counter()
        self._done = self._resumed = 0
        self._points: list[Row] = []  # the first row of each
        self._sign = plus_minus(self._console.encoding)
        self._metrics = _shown(job, more)
        titles = [(m.title, max(len(m.title), w)) for m, w in _widths(self._metrics)]
        self._table = table_of(job)
        before = (*self._table.place, *self._table.before)
        self._columns = (
            *((column.title, column.width) for column in before),
            *titles,
            *((column.title, column.width) for column in self._table.after),
            (self._table.speed[0], 6),
            *TIMES,
        )
        self._names = [_longest(job, column) for column in self._table.place[:2]]

    def __enter__(self) -> "Display":
        self._console.print(self._table.heading(self._job))
        for why in self._job.trial.skipped:
            self._console.print(f"skipped: {why}")
        self._console.print(self._line([title for title, _ in self._columns]))
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_) -> None:
        self._live.stop()

    def bounds(self, bounds: Mapping[str, Bounds]) -> None:
        """Print floor and ceiling of the metrics of the table."""
        if not any(metric.name in bounds for metric in self._metrics):
            return
        nothing = Bounds(float("nan"), float("nan"))
        pairs = [(metric, bounds.get(metric.name, nothing)) for metric in self._metrics]
        for name in Bounds._fields:
            cells = [_text(getattr(both, name), m) for m, both in pairs]
            blank = [""] * (len(self._table.place) + len(self._table.before) - 1)
            self._console.print(self._line([name, *blank, *cells]), style="dim")

    def progress(self, point: Point, monitor: Monitor) -> None:
        """Show the progress of the running point."""
        if self._console.is_terminal:
            labels = where(point)
            state = f"{series(labels)} over {labels['channel']}, {point.snr_db:g} dB"
            grid = f", CBR {point.cbr:g}" if point.cbr else ""
            done = self._table.progress(self._job, monitor) + self._so_far(monitor)
            text = f"  running {state}{grid}: {done}"
            self._live.update(Text(text, style="dim"), refresh=True)

    def _so_far(self, monitor: Monitor) -> str:
        """The first metric of the running point; a score of a set takes too long."""
        if not self._metrics or self._metrics[0].kind == "set":
            return ""
        first = self._metrics[0]
        return f", {first.label} {monitor.value(first.name).mean:.{first.digits}f}"

    def finished(self, point: Point, rows: Sequence[Row], resumed: bool) -> None:
        """Print a finished point."""
        self._done += 1
        self._points.append(rows[0])
        self._resumed += resumed
        now = time.perf_counter()
        elapsed, seconds = now - self._start, now - self._point_start
        self._point_start = now
        fresh = self._done - self._resumed
        left = (len(self._job.points) - self._done) * elapsed / max(fresh, 1)
        cells = self._cells(rows, resumed, seconds)
        if rows[0]["status"] == "ok":
            cells += [_clock(elapsed), _clock(left)]
        self._console.print(self._line(cells), style="dim" if resumed else None)

    def interrupted(self) -> None:
        """Print what is kept after an interruption."""
        total = len(self._job.points)
        self._console.print(
            f"interrupted: {self._done} of {total} points kept in {self._folder}; "
            "the same command resumes"
        )

    def summary(self, figures: Sequence[Path], traces: dict[str, int]) -> None:
        """Print where the results are."""
        kept = f", {self._resumed} were there already" if self._resumed else ""
        seconds = time.perf_counter() - self._start
        graphs = ", ".join(f"{name} {count}" for name, count in sorted(traces.items()))
        for line in (
            f"{self._done} points in {seconds:.0f} s{kept}",
            *warnings_of(self._points),
            self._sent(),
            f"graphs traced: {graphs or 'none'}",
            f"table    {self._folder / 'points.csv'}",
            f"manifest {self._folder / 'manifest.json'}",
            *(f"figure   {path}" for path in figures),
            *(() if figures else ("no figure: one SNR and one CBR, or no result",)),
        ):
            self._console.print(line)

    def _sent(self) -> str:
        """Counts of encoded images and searched plans, and those from the cache."""
        made = self._job.trial.made
        plans, signals = (
            f"{made[what]} {name} ({made[f'{what} before']} from the cache)"
            for what, name in (("searched", "plans"), ("encoded", "images"))
        )
        return f"encoded: {signals}, searched: {plans}"

    def _line(self, cells: Sequence[str]) -> str:
        """Cells in columns as wide as their titles and the names in this sweep."""
        widths = [width for _, width in self._columns]
        widths[:2] = map(max, widths, self._names)
        aligned = [
            f"{cell:<{width}}" if i < 2 else f"{cell:>{width}}"
            for i, (cell, width) in enumerate(zip(cells, widths, strict=False))
        ]
        return " ".join(aligned)

    def _cells(self, rows: Sequence[Row], resumed: bool, seconds: float) -> list[str]:
        """The cells of a point from its rows (fresh, or strings from the file)."""
        row, table = rows[0], self._table
        means = {r["metric"]: float(r["mean"]) for r in rows}
        place = [column.text(row, means) for column in table.place]
        if row["status"] != "ok":
            return [*place, row["status"]]
        values = [_text(means[m.name], m) for m in self._metrics]
        if self._metrics and (half := _half_width(rows, self._metrics[0])):
            values[0] += f" {self._sign}{half}"
        return [
            *place,
            *(column.text(row, means) for column in table.before),
            *values,
            *(column.text(row, means) for column in table.after),
            "stored" if resumed else table.speed[1](row, seconds),
        ]


def plus_minus(encoding: str) -> str:
    """The sign of an interval, as a terminal can show it."""
    try:
        return "±".encode(encoding) and "±"
    except (UnicodeEncodeError, LookupError):
        return "+-"


def _shown(job: Sweep, more: Sequence[str]) -> list[Metric]:
    """The headline metrics of the tasks, and those that were asked for."""
    known = job.trial.metrics
    for name in more:
        if name not in (*known, ALL):
            raise InputError(unknown("metric of this sweep", name, [*known, ALL]))
    own = [m for task, m in known.values() if task != LINK and m.headline]
    asked = known if ALL in more else more
    others = [known[name][1] for name in dict.fromkeys(asked)]
    usual, columns = own[:MOST_METRICS], table_of(job).after
    there = {*(m.title for m in usual), *(column.title for column in columns)}
    return [*usual, *(m for m in others if m.title not in there)]


def _widths(metrics: Sequence[Metric]) -> list[tuple[Metric, int]]:
    """Metrics and the widths of their columns; the first has its interval."""
    others = (WIDTH_OF_RATE if m.is_error_rate else WIDTH for m in metrics[1:])
    return list(zip(metrics, (WITH_INTERVAL, *others), strict=False))


def _longest(job: Sweep, column: Column) -> int:
    """Length of the longest word in a column of a sweep."""
    return max((len(column.text(where(p), {})) for p in job.points), default=0)


def _half_width(rows: Sequence[Row], metric: Metric) -> str:
    """Half width of a metric's interval as text; empty if there is none."""
    half = next(float(row["ci95"]) for row in rows if row["metric"] == metric.name)
    return "" if half != half else f"{half:.{metric.digits}f}"


def _text(value: float, metric: Metric) -> str:
    """A value; a small error rate by its power of ten."""
    if value != value:
        return "n/a"
    small = metric.is_error_rate and 0 < value < 10 ** (1 - metric.digits)
    return f"{value:.2e}" if small else f"{value:.{metric.digits}f}"


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
