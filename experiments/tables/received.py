"""Metrics of the deliveries that were not lost."""

from pathlib import Path

from semlink.metrics import LINK, Metric, if_received
from semlink.store.results import read_sums
from semlink.store.rows import Row
from semlink.sweeps.monitor import Value, estimated

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
