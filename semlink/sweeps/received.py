"""Metrics of the deliveries that were not lost."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from semlink.metrics import LINK, Metric, if_received
from semlink.store.results import SAMPLES, read_sums
from semlink.store.rows import Row
from semlink.sweeps.monitor import NOTHING, Value, estimated

OUTAGE = "outage"


def received(folder: Path, row: Row, metric: Metric) -> Value | None:
    """Estimate of a metric over the deliveries of a point that were not lost.

    Parameters
    ----------
    folder, row : run, and row of the point
    metric : metric of the row

    Output
    ------
    : mean, half width and number of deliveries; ``None`` where they are not known: for
        metrics of a set and of the link itself, for points without a result, and for
        several draws of a run whose samples are older than these values

    Raises
    ------
    InputError
        The samples of the point cannot be read.
    """
    if metric.kind == "set" or row["task"] == LINK or row["status"] != "ok":
        return None
    sums = read_sums(folder, row["point_id"])
    if OUTAGE not in sums:
        return None
    number = int(sum(count - lost for lost, count in sums[OUTAGE].values()))
    own = sums.get(if_received(metric.name))
    if own is None:  # nothing arrived, or an older run
        if any(0 < lost < count for lost, count in sums[OUTAGE].values()):
            return None
        arrived = {i for i, (lost, _) in sums[OUTAGE].items() if not lost}
        own = {i: v for i, v in sums.get(metric.name, {}).items() if i in arrived}
    return estimated(list(own.values()), metric.kind)._replace(count=number)


def twins(
    folder: Path, rows: Sequence[Row], metrics: Mapping[str, Metric]
) -> dict[str, Metric]:
    """The same metrics if received, by the name of those of which something was lost.

    Parameters
    ----------
    folder, rows : run, which has none without its samples, and its rows
    metrics : metrics of the run
    """
    if not (folder / SAMPLES).is_dir():
        return {}
    lost = {
        row["metric"]
        for row in rows
        if float(row["outage"]) > 0 and row["task"] != LINK
    }
    return {
        name: metric._replace(
            name=if_received(name), label=f"{metric.label} if received", headline=False
        )
        for name, metric in metrics.items()
        if name in lost and metric.kind != "set"
    }


def with_twins(
    folder: Path, rows: Sequence[Row], metrics: Mapping[str, Metric]
) -> Iterator[Row]:
    """Rows, each of a metric that has a twin followed by the row of this.

    Raises
    ------
    InputError
        The samples of a point cannot be read.
    """
    known = twins(folder, rows, metrics)
    for row in rows:
        yield row
        if twin := known.get(row["metric"]):
            value: Mapping[str, object] = {}  # without losses, the same
            if float(row["outage"]) > 0:
                found = received(folder, row, metrics[row["metric"]]) or NOTHING
                value = found._asdict()
            yield {**row, "metric": twin.name, **value}
