"""The rows of a run, packed by column for a page, one entry per point."""

from collections.abc import Sequence
from operator import itemgetter

from semlink.store.rows import PURPOSES, Row, series

# the curve that a point is on, a transmitter's or a scenario's, and other words
WORDS = (
    ("transmitter", series),
    ("channel", itemgetter("channel")),
    ("status", itemgetter("status")),
)
NUMBERS = (
    "snr_db",
    "cbr_target",
    "cbr",
    "outage",
    "latency_slots",
    "images",
    "draws",
    "seconds",
    *(f"cbr_{part}" for part in (*PURPOSES, "up", "backhaul")),
)
OF_A_METRIC = ("mean", "ci95", "count")


def pack(rows: Sequence[Row]) -> dict:
    """Columns of points.

    Words become indices of names, numbers have six digits, and NaN or infinity is
    ``None``, so that a page of 100,000 rows stays small.

    Output
    ------
    : ``words`` {column: {names, index}}, ``numbers`` {column: values} and
        ``metrics`` {metric: {mean, ci95, count}}
    """
    by_metric: dict[str, dict[str, Row]] = {}
    for row in rows:
        by_metric.setdefault(row["metric"], {})[row["point_id"]] = row
    points = {point: row for own in by_metric.values() for point, row in own.items()}
    return {
        "words": {c: _words([word(r) for r in points.values()]) for c, word in WORDS},
        "numbers": {c: [_short(row[c]) for row in points.values()] for c in NUMBERS},
        "metrics": {
            metric: {c: [_short(own[i][c]) for i in points] for c in OF_A_METRIC}
            for metric, own in by_metric.items()
        },
    }


def _words(values: Sequence[str]) -> dict[str, list]:
    names = {name: i for i, name in enumerate(dict.fromkeys(values))}
    return {"names": list(names), "index": [names[value] for value in values]}


def _short(text: str) -> float | int | None:
    value = float(f"{float(text):.6g}")
    if value != value or abs(value) == float("inf"):
        return None
    return int(value) if value.is_integer() else value
