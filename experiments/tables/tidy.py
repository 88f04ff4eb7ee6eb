"""Tables as CSV: one row for each point or pair, in full precision."""

import csv
import io
from collections.abc import Mapping, Sequence

from experiments.tables.curves import Compared
from experiments.tables.deltas import pairs_of
from experiments.tables.entries import Entries, Entry
from experiments.tables.selection import Selected
from semlink.store.rows import grouped
from semlink.sweeps.monitor import Value

GRID = ("channel", "snr_db", "cbr_target")
RESULT = ("mean", "ci95", "count", "outage")


def of_means(chosen: Selected) -> str:
    """Every point of a table of means."""
    entries, lines = Entries(chosen), []
    for _, rows in grouped(chosen.rows, *GRID):
        lines += [_point(chosen, entry) for entry in entries.column(rows)]
    return written(lines)


def of_deltas(chosen: Selected) -> str:
    """Every pair of transmitters, or every one against one."""
    return written(
        [
            _pair(chosen, channel, snr_db, *pair, found)
            for channel, snr_db, pairs in pairs_of(chosen)
            for pair, found in pairs.items()
            if chosen.against in ("", pair[1])
        ]
    )


def _pair(chosen, channel, snr_db, test: str, anchor: str, c: Compared) -> dict:
    known = None if isinstance(c.delta, str) else c.delta
    return {
        "test": test,
        "anchor": anchor,
        "channel": channel,
        "snr_db": snr_db,
        "task": chosen.task,
        "metric": chosen.metric.name,
        "bd": known and known.gain,
        "bd_low": c.gain.low,
        "bd_high": c.gain.high,
        "bd_rate": known and known.rate,
        "bd_rate_low": c.rate.low,
        "bd_rate_high": c.rate.high,
        "cbr_low": known and known.cbr[0],
        "cbr_high": known and known.cbr[1],
        "metric_low": known and known.level[0],
        "metric_high": known and known.level[1],
        "images": c.images,
        "status": "ok" if known else c.delta,
        "interval": c.lacks or known and "ok",
    }


def written(lines: Sequence[Mapping[str, object]]) -> str:
    """Rows as CSV; NaN and ``None`` are empty cells, as table libraries expect."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: _known(v) for k, v in line.items()} for line in lines)
    return out.getvalue()


def _known(value: object) -> object:
    return "" if value is None or value != value or value == "nan" else value


def _point(chosen: Selected, entry: Entry) -> dict[str, object]:
    row, reference = entry.row, entry.to_reference
    arrived = entry.arrived or Value(*[None] * 3)
    if float(row["outage"]) == 0:  # then this is of everything
        arrived = Value(*entry.mean, int(row["images"]) * int(row["draws"]))
    return {
        chosen.kind: entry.name,
        "label": chosen.label(entry.name),
        **{column: row[column] for column in (*GRID, "cbr", "task", "metric", *RESULT)},
        **{f"{name}_received": v for name, v in arrived._asdict().items()},
        "best": entry.best,
        "to_best": entry.to_best and entry.to_best.mean,
        "to_best_ci95": entry.to_best and entry.to_best.ci95,
        "against": chosen.against,
        "difference": reference and reference.mean,
        "difference_ci95": reference and reference.ci95,
        **{column: row[column] for column in ("images", "draws", "status")},
    }
