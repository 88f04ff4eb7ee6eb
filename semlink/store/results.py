"""The result store: one folder per run, with rows appended to ``points.csv``.

A point is several rows (one per metric) written at once; a crash can tear only the
last point, which is dropped when the store is opened again. A lock, which ends with
its process, keeps a second sweep out.
"""

import csv
import fcntl
import io
import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np

from semlink.errors import InputError
from semlink.store.files import append_whole, write_whole
from semlink.store.rows import (
    FAILED,
    NUMBERS,
    ORDER,
    Row,
    damaged,
    format_rows,
    header,
    parse_rows,
)

SAMPLES, SAMPLE_COLUMNS = "samples", ("metric", "sample", "sum", "count")
POINTS = "points.csv"
OBSERVATIONS = "observations"

# {metric: {image: (sum, count)}}
Samples = Mapping[str, Mapping[int, Sequence[float]]]


class ResultStore:
    """The points of one run.

    Parameters
    ----------
    folder : folder of the run; created if it is missing
    metrics : metrics of every point, one row each, in this order

    Raises
    ------
    InputError
        If the folder cannot be written, is in use, or holds a damaged file or points
        of other metrics.
    """

    def __init__(self, folder: Path, *, metrics: Sequence[str]):
        self.folder = Path(folder)
        self._metrics = tuple(metrics)
        self._lock = locked(self.folder)
        self.path = self.folder / POINTS
        try:
            self._rows = self._recover()  # None after the first append
        except BaseException:
            self._lock.close()
            raise

    def __enter__(self) -> "ResultStore":
        return self

    def __exit__(self, *_) -> None:
        self._lock.close()

    def finished(self) -> dict[str, list[dict[str, str]]]:
        """Rows of every finished point, by its id."""
        points: dict[str, list[dict[str, str]]] = {}
        for row in self._rows if self._rows is not None else read_points(self.folder):
            points.setdefault(row["point_id"], []).append(row)
        return points

    def append(self, rows: Sequence[Row]) -> None:
        """Add the rows of one point, in one write.

        Raises
        ------
        InputError
            The write failed; the rows stored before stay intact.
        """
        self._rows = None
        try:
            append_whole(self.path, format_rows(rows))
        except OSError as error:
            raise InputError(f"cannot write to {self.path}: {error}") from None

    def write(self, name: str, data: bytes) -> None:
        """Write another file of the run, atomically."""
        path = self.folder / name
        try:
            path.parent.mkdir(exist_ok=True)
            write_whole(path, data)
        except OSError as error:
            raise InputError(f"cannot write {path}: {error.strerror}") from None

    def write_samples(self, point_id: str, samples: Samples) -> None:
        """Write the sums and counts of each sample, for paired comparisons."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(SAMPLE_COLUMNS)
        for metric, values in samples.items():
            writer.writerows([metric, i, *pair] for i, pair in sorted(values.items()))
        self.write(f"{SAMPLES}/{point_id}.csv", text.getvalue().encode())

    def write_observations(self, point_id: str, observations: Mapping) -> None:
        """Write the observations of metrics of a set, by task and sample."""
        if observations:
            data = json.dumps(observations, default=_plain, separators=(",", ":"))
            self.write(f"{OBSERVATIONS}/{point_id}.json", data.encode())

    def sort(self) -> None:
        """Sort the rows, so that their order does not depend on workers or restarts."""
        rows = sorted(read_points(self.folder), key=self._sort_key)
        self._rewrite(rows)

    def _sort_key(self, row: Row):
        values = (float(row[c]) if c in NUMBERS else row[c] for c in ORDER)
        return (*values, row["point_id"], self._metrics.index(row["metric"]))

    def _recover(self) -> list[dict[str, str]]:
        """Drop a torn last point and failed points; refuse other damage."""
        data = _read(self.path) if self.path.exists() else b""
        if not data:
            self._rewrite([])
            return []
        whole = data[: data.rfind(b"\n") + 1]
        rows = parse_rows(whole, self.path)
        keep = rows[: len(rows) - self._check(rows)]
        keep = [row for row in keep if not row["status"].startswith(FAILED)]
        if len(keep) < len(rows) or len(whole) < len(data):
            self._rewrite(keep)
        return keep

    def _rewrite(self, rows: Sequence[Row]) -> None:
        self.write(self.path.name, header() + format_rows(rows))

    def _check(self, rows: list[dict[str, str]]) -> int:
        """Number of rows of an unfinished last point."""
        made, step = _metrics_of(rows), len(self._metrics)
        torn = len(rows) < step  # within the first point
        if made and made != (self._metrics[: len(made)] if torn else self._metrics):
            was, now = ", ".join(made), ", ".join(self._metrics)
            raise InputError(
                f"{self.folder} was made with metrics {was}; choose another run, "
                f"got {now}"
            )
        for start in range(0, len(rows), step):
            point = rows[start : start + step]
            metrics = tuple(row["metric"] for row in point)
            same = len({row["point_id"] for row in point}) == 1
            if not same or metrics != self._metrics[: len(metrics)]:
                reason = "a point has rows of other metrics than the points before"
                raise damaged(self.path, start + 2, reason)
        return len(rows) % step


def _metrics_of(rows: Sequence[Row]) -> tuple[str, ...]:
    """The metrics that every point has, the last one perhaps in part.

    They are empty if the points differ, which is damage.
    """
    own = groupby(rows, key=itemgetter("point_id"))
    points = [tuple(row["metric"] for row in point) for _, point in own]
    if not points:
        return ()
    *whole, last = points
    first = points[0]
    alike = all(point == first for point in whole) and last == first[: len(last)]
    return first if alike and len(set(first)) == len(first) else ()


def read_points(folder: Path) -> list[dict[str, str]]:
    """Read the rows of a run.

    Raises
    ------
    InputError
        There is no file, or it is damaged.
    """
    path = Path(folder) / POINTS
    if not path.exists():
        others = sorted(p.parent.name for p in path.parents[1].glob(f"*/{POINTS}"))
        known = f"runs with results: {', '.join(others) or 'none'}"
        raise InputError(f"cannot read {path}: No such file or directory; {known}")
    data = _read(path)
    return parse_rows(data[: data.rfind(b"\n") + 1], path)


def read_samples(folder: Path, point_id: str, metric: str) -> dict[int, float]:
    """The value of a metric for each image of a point (or each draw of a single one).

    Raises
    ------
    InputError
        No samples were stored, or the file is damaged.
    """
    sums = read_sums(folder, point_id).get(metric, {})
    return {sample: total / count for sample, (total, count) in sums.items() if count}


def read_sums(folder: Path, point_id: str) -> dict[str, dict[int, tuple[float, float]]]:
    """Sum and count of each metric for each image of a point, as they were stored.

    Raises
    ------
    InputError
        No samples were stored, or the file is damaged.
    """
    path = Path(folder) / SAMPLES / f"{point_id}.csv"
    text = _read(path).decode("utf-8-sig", errors="replace")
    lines = csv.reader(io.StringIO(text))
    next(lines, None)
    found: dict[str, dict[int, tuple[float, float]]] = {}
    try:
        for metric, sample, total, count in lines:
            found.setdefault(metric, {})[int(sample)] = float(total), float(count)
    except (csv.Error, ValueError) as error:
        raise damaged(path, lines.line_num, str(error)) from None
    return found


def read_observations(
    folder: Path, point_id: str, task: str
) -> dict[int, list[Mapping[str, object]]]:
    """Observations of a task at a point, by sample.

    Raises
    ------
    InputError
        No observations were stored, or the file is damaged.
    """
    path = Path(folder) / OBSERVATIONS / f"{point_id}.json"
    data = _read(path)
    try:
        observed = json.loads(data).get(task, {})
    except json.JSONDecodeError as error:
        raise damaged(path, error.lineno, error.msg) from None
    return {int(sample): seen for sample, seen in observed.items()}


def _plain(value):
    """NumPy values as JSON types."""
    return np.asarray(value).tolist()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None


def locked(folder: Path):
    """Create the folder of a run and take its lock: a file, to be closed in the end.

    The kernel frees it with the process.

    Raises
    ------
    InputError
        The folder cannot be written, or another process has its lock.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = open(folder / ".lock", "wb")  # noqa: SIM115 - held as long as the store
    except OSError as error:
        raise InputError(
            f"cannot write to run folder {folder}: {error.strerror}"
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise InputError(f"run folder {folder} is in use by another sweep") from None
    return lock
