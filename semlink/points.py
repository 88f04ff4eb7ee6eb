"""Points of a grid, and the rows of results that each becomes."""

import traceback
from pathlib import Path
from typing import NamedTuple

from semlink.config import LinkConfig
from semlink.monitor import Monitor
from semlink.signals import Ledger
from semlink.store.results import FAILED, Row


class Point(NamedTuple):
    """One point of the grid.

    id stands for all that the results depend on: whether a stored one is the one asked
    for.
    """

    link: LinkConfig
    snr_db: float
    cbr: float
    id: str


def where(point: Point) -> dict[str, object]:
    """The columns that say which point of the grid a row belongs to."""
    return {
        "transmitter": point.link.transmitter.label,
        "channel": point.link.channel.label,
        "source": point.link.source.label,
        "snr_db": point.snr_db,
        "cbr_target": point.cbr,
    }


def place(row: Row) -> tuple[str, ...]:
    """Where a row belongs: no two points of a run have one place."""
    return tuple(
        str(row[c]) for c in ("transmitter", "channel", "snr_db", "cbr_target")
    )


def rows_of(point: Point, monitor: Monitor, status: str, metrics, seconds) -> list[Row]:
    """The tidy rows of a point, one a metric."""
    common = {
        **where(point),
        "cbr": monitor.value("cbr").mean,
        "outage": monitor.value("outage").mean,
        "latency_slots": monitor.value("latency_slots").mean,
        "seconds": round(seconds, 3),
        "point_id": point.id,
        "status": status,
        "images": monitor.images,
        "draws": monitor.draws,
    }
    common |= {f"cbr_{k}": monitor.value(f"cbr_{k}").mean for k in Ledger._fields}
    values = {metric: monitor.value(metric) for metric in metrics}
    return [common | {"metric": m} | v._asdict() for m, v in values.items()]


def failure(error: Exception, image: str) -> str:
    """Say at which image what went wrong, and where, in one line."""
    *_, last = traceback.extract_tb(error.__traceback__)
    at = f"{Path(last.filename).name}:{last.lineno}"
    what = f"{type(error).__name__} at {at}: {error}"
    return " ".join(f"{FAILED}: image {image}: {what}".split())
