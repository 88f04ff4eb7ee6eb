"""Points of a grid, and their rows of results."""

import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from semlink.errors import InputError
from semlink.metrics import Metric
from semlink.signals import DOWN, Use
from semlink.store.rows import FAILED, PURPOSES, Row
from semlink.sweeps.monitor import Monitor

COUNTED = tuple(f"cbr_{purpose}" for purpose in PURPOSES)


class Setup(Protocol):
    """What a sweep simulates at every SNR and CBR of its grid."""

    @property
    def columns(self) -> dict[str, str]:
        """``scenario``, ``transmitter``, ``channel`` and ``source`` of its rows."""


class Point(NamedTuple):
    """One point of the grid.

    ``id`` hashes everything that the results depend on; a stored point with the same id
    is not simulated again. ``cbr`` is 0 where no CBR is asked for.
    """

    setup: Setup
    snr_db: float
    cbr: float
    id: str


def where(point: Point) -> dict[str, object]:
    """Columns that locate a row in the grid."""
    return {
        **point.setup.columns,
        "snr_db": point.snr_db,
        "cbr_target": point.cbr,
    }


def place(row: Row) -> tuple[str, ...]:
    """Position of a row in the grid; distinct for all points of a run."""
    return tuple(
        str(row[c])
        for c in ("scenario", "transmitter", "channel", "snr_db", "cbr_target")
    )


def use_name(use: Use) -> str:
    """Name of a use in results; the common purposes have columns."""
    if use.direction == DOWN and not use.part and use.purpose in PURPOSES:
        return f"cbr_{use.purpose}"
    part = f" of {use.part}" if use.part else ""
    return f"use {use.purpose} {use.direction}{part}"


def rows_of(
    point: Point,
    monitor: Monitor,
    status: str,
    metrics: Mapping[str, tuple[str, Metric]],
    seconds: float,
) -> list[Row]:
    """The tidy rows of a point, one per metric."""
    columns = ("cbr", "outage", "latency_slots", "cbr_up", "cbr_backhaul", *COUNTED)
    common = {
        **where(point),
        **{column: monitor.value(column).mean for column in columns},
        "cbr_other": _other_uses(monitor),
        "seconds": round(seconds, 3),
        "point_id": point.id,
        "status": status,
        "images": monitor.samples_seen,
        "draws": monitor.draws,
    }
    return [
        common | {"task": task, "metric": name} | monitor.value(name)._asdict()
        for name, (task, _) in metrics.items()
    ]


def _other_uses(monitor: Monitor) -> str:
    """CBR of uses without a column: ``request up=0.00012; ...``."""
    count = monitor.value("cbr").count
    return "; ".join(
        f"{name.removeprefix('use ')}={monitor.total(name) / count:.6g}"
        for name in monitor.names()
        if name.startswith("use ")
    )


def failure(error: Exception, trial: str) -> str:
    """Status of a failed point: trial, error and line of code, in one line.

    An ``InputError`` speaks for itself.
    """
    what = str(error)
    if not isinstance(error, InputError):
        *_, last = traceback.extract_tb(error.__traceback__)
        at = f"{Path(last.filename).name}:{last.lineno}"
        what = f"{type(error).__name__} at {at}: {error}"
    return " ".join(f"{FAILED}: {trial}: {what}".split())
