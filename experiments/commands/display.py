"""Progress of a sweep as a table, live in a terminal."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.text import Text

from semlink.metrics import LINK, Bounds, Metric
from semlink.store.rows import Row
from semlink.sweeps.monitor import Monitor
from semlink.sweeps.points import Point
from semlink.sweeps.sweep import Sweep

# title, width
COLUMNS = (
    ("transmitter", 11),
    ("channel", 7),
    ("Es/N0", 6),
    ("CBR", 7),
    ("measured", 8),
)
AFTER = (
    ("BLER", 8),
    ("outage", 6),
    ("images", 7),
    ("img/s", 6),
    ("elapsed", 8),
    ("left", 8),
)
MOST_METRICS = 4  # of the tasks, in a line
WIDTH, WITH_INTERVAL = 7, 14


class Display:
    """Prints one line for each finished point, and in a terminal the running one.

    Parameters
    ----------
    job : the sweep
    folder : where its results go
    """

    def __init__(self, job: Sweep, folder: Path):
        self._job, self._folder = job, folder
        self._console = Console(highlight=False, soft_wrap=True, markup=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._start = self._point_start = time.perf_counter()
        self._done = self._resumed = 0
        self._sign = plus_minus(self._console.encoding)
        self._metrics = _shown(job)
        titles = [(m.title, max(len(m.title), w)) for m, w in _widths(self._metrics)]
        self._columns = (*COLUMNS, *titles, *AFTER)

    def __enter__(self) -> "Display":
        self._console.print(self._heading())
        for why in getattr(self._job.trial.source, "skipped", ()):
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
            cells = [_text(getattr(both, name), m.digits) for m, both in pairs]
            blank = [""] * (len(COLUMNS) - 1)
            self._console.print(self._line([name, *blank, *cells]), style="dim")

    def progress(self, point: Point, monitor: Monitor) -> None:
        """Show the progress of the running point."""
        if self._console.is_terminal:
            state = f"{point.link.transmitter.label} over {point.link.channel.label}"
            of = self._job.trial.num_samples
            done = f"{monitor.samples_seen}/{of} images x {monitor.draws}"
            grid = f"{point.snr_db:g} dB, CBR {point.cbr:g}"
            text = f"  running {state}, {grid}: {done}{self._so_far(monitor)}"
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
        self._resumed += resumed
        now = time.perf_counter()
        elapsed, seconds = now - self._start, now - self._point_start
        self._point_start = now
        fresh = self._done - self._resumed
        left = (len(self._job.points) - self._done) * elapsed / max(fresh, 1)
        cells = _cells(rows, self._metrics, resumed, seconds, self._sign)
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
        made = self._job.trial.transmissions.made
        plans, signals = (
            f"{made[what]} {name} ({made[f'{what} before']} from the cache)"
            for what, name in (("searched", "plans"), ("encoded", "images"))
        )
        return f"encoded: {signals}, searched: {plans}"

    def _heading(self) -> str:
        stop = self._job.config.stop
        rule = f"{self._job.trial.num_samples} images x {stop.draws} draws"
        if skipped := getattr(self._job.trial.source, "skipped", ()):
            rule += f" ({len(skipped)} skipped)"
        if stop.ci95:
            rule = (
                f"until {self._job.rule.metric} is known within {stop.ci95:g} (95 %), "
                + rule
            )
        what = (
            f"{len(self._job.points)} points, {self._job.config.source.label}, {rule}"
        )
        mode = f"CBR {self._job.config.cbr_mode}, all symbols counted, Es/N0 in dB"
        return f"{what}; {mode}"

    def _line(self, cells: Sequence[str]) -> str:
        """Cells in columns as wide as their titles and the names in this sweep."""
        links = self._job.config.links()
        names = (
            max(len(link.transmitter.label) for link in links),
            max(len(link.channel.label) for link in links),
        )
        widths = [width for _, width in self._columns]
        widths[:2] = map(max, widths, names)
        aligned = [
            f"{cell:<{width}}" if i < 2 else f"{cell:>{width}}"
            for i, (cell, width) in enumerate(zip(cells, widths, strict=False))
        ]
        return " ".join(aligned)


def plus_minus(encoding: str) -> str:
    """The sign of an interval, as a terminal can show it."""
    try:
        return "±".encode(encoding) and "±"
    except (UnicodeEncodeError, LookupError):
        return "+-"


def _shown(job: Sweep) -> list[Metric]:
    """The headline metrics of the tasks."""
    own = [m for task, m in job.trial.metrics.values() if task != LINK and m.headline]
    return own[:MOST_METRICS]


def _widths(metrics: Sequence[Metric]) -> list[tuple[Metric, int]]:
    """Metrics and the widths of their columns; the first has its interval."""
    return [(m, WIDTH if i else WITH_INTERVAL) for i, m in enumerate(metrics)]


def _cells(
    rows: Sequence[Row],
    metrics: Sequence[Metric],
    resumed: bool,
    seconds: float,
    sign: str = "±",
) -> list[str]:
    """The cells of a point from its rows (fresh, or strings from the file)."""
    row = rows[0]
    value = {r["metric"]: (float(r["mean"]), float(r["ci95"])) for r in rows}
    count = f"{row['images']}x{row['draws']}"
    speed = int(row["images"]) * int(row["draws"]) / max(seconds, 1e-9)
    where = [row["transmitter"], row["channel"]]
    grid = [f"{float(row['snr_db']):g}", f"{float(row['cbr_target']):g}"]
    if row["status"] != "ok":
        return [*where, *grid, row["status"]]
    means = [_text(value[m.name][0], m.digits) for m in metrics]
    if metrics and (half := value[metrics[0].name][1]) == half:
        means[0] += f" {sign}{half:.{metrics[0].digits}f}"
    return [
        *where,
        *grid,
        f"{float(row['cbr']):.5f}",
        *means,
        f"{value['bler'][0]:.2e}".replace("nan", "n/a"),
        f"{value['outage'][0]:.2f}",
        count,
        "stored" if resumed else f"{speed:.1f}",
    ]


def _text(value: float, digits: int) -> str:
    return "n/a" if value != value else f"{value:.{digits}f}"


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
