"""Paired comparison of transmitters over the same images, point by point.

Pictures differ far more than codes: the interval of a mean PSNR is ten times that of
the mean difference over the same pictures. Scenarios are compared over the same
episodes, which have one world and one course of the channel.
"""

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from scipy.special import stdtrit

from experiments.commands.manifests import read_manifest, read_metrics, read_remembering
from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.metrics import Metric, Task
from semlink.registry import unknown
from semlink.store.results import read_observations, read_points, read_samples
from semlink.store.rows import grouped, has_target, series
from semlink.sweeps.bootstrap import RESAMPLED, Resamples, half_width

Point = tuple[Path, Mapping]  # folder of the run, and the row of a point in it


class Scores:
    """Scores of points by a metric of a set, and of resamples of their samples.

    A point is scored once, with whatever it is compared: resamples of as many samples
    are the same.

    Parameters
    ----------
    judge, task : task that scores observations, and its name
    metric : name of the metric
    """

    def __init__(self, judge: Task, task: str, metric: str):
        self._judge, self._task, self._metric = judge, task, metric
        self._read = lru_cache(2)(read_observations)  # those of all take gigabytes
        self.of = cache(self._scored)

    def samples(self, folder: Path, point: str) -> frozenset[int]:
        """Numbers of the samples of a point."""
        return frozenset(self._read(folder, point, self._task))

    def _scored(
        self, folder: Path, point: str, samples: tuple[int, ...]
    ) -> tuple[float, np.ndarray]:
        """Score of some samples of a point, and those of resamples [RESAMPLED]."""
        seen = self._read(folder, point, self._task)
        resamples = Resamples(self._judge, self._task, [seen[i] for i in samples])
        count = len(samples)
        whole = resamples(range(count))[self._metric]
        if count < 2:
            return whole, np.full(RESAMPLED, np.nan)
        drawn = np.random.default_rng(0).integers(count, size=(RESAMPLED, count))
        return whole, np.array([resamples(one)[self._metric] for one in drawn])


def compare(folder: Path, against: str, metric: str | None = None) -> str:
    """A table, in Markdown, of the differences of all transmitters or scenarios to one.

    Parameters
    ----------
    folder : folder of the run
    against : reference transmitter or scenario, as on the command line
    metric : name of the metric; the first of the run by default

    Output
    ------
    : mean of ``against``, and mean differences with their 95 % intervals

    Raises
    ------
    InputError
        The transmitter, the scenario or the metric is not in the run.
    """
    everything = read_points(folder)
    described = read_metrics(folder, [row["metric"] for row in everything])
    metric = metric or next(iter(described))
    if not (rows := [r for r in everything if r["metric"] == metric]):
        known = sorted({r["metric"] for r in everything})
        raise InputError(unknown("metric", metric, known))
    score = scorer(folder, described[metric], rows[0]["task"])
    labels = list(dict.fromkeys(map(series, rows)))
    against = _label(against)
    if against not in labels:
        kind = "scenario" if rows[0]["scenario"] else "transmitter"
        raise InputError(unknown(f"{kind} of this run", against, labels))
    others = [label for label in labels if label != against]
    titles = ["channel", "CBR", "Es/N0", against, *others]
    if not has_target(rows):
        titles.remove("CBR")
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for place, group in grouped(rows, "channel", "cbr_target", "snr_db"):
        by_label = {series(row): row for row in group}
        if against in by_label:
            own = folder, by_label[against]
            cells = [
                difference((folder, by_label.get(label)), own, described[metric], score)
                for label in others
            ]
            lines.append(_line(place, by_label[against], cells, described[metric]))
    return "\n".join(lines)


def _label(word: str) -> str:
    """A label in results, from what a user writes on the command line."""
    try:
        return ComponentSpec.model_validate(word).label
    except ValueError:
        return word


def scorer(folder: Path, metric: Metric, task: str) -> Scores | None:
    """Scores of a metric of a set, by the run's task; ``None`` for other metrics."""
    if metric.kind != "set":
        return None
    specs = read_manifest(folder)["configuration"]["task"]
    by_label = {s.label: s for s in map(ComponentSpec.model_validate, specs)}
    return Scores(catalogue().build("task", by_label[task]), task, metric.name)


def _line(place: tuple, row: dict, cells: list[str], metric: Metric) -> str:
    channel, cbr, snr_db = place
    own = f"{float(row['mean']):.{metric.digits}f}"
    own = _why(row) if row["status"] != "ok" else own.replace("nan", "n/a")
    where = [channel, f"{float(cbr):g}", f"{float(snr_db):g} dB"]
    if not has_target([row]):
        del where[1]
    return f"| {' | '.join([*where, own, *cells])} |"


def _why(row: dict) -> str:
    """Reason of a point without a mean, in one word."""
    return row["status"].partition(":")[0]


def difference(
    of: tuple[Path, dict | None],
    against: tuple[Path, dict],
    metric: Metric,
    scores: Scores | None = None,
) -> str:
    """Mean difference over the common samples, with its 95 % interval.

    Parameters
    ----------
    of, against : folder of the run, and the row of a point in it
    metric : metric of both rows
    scores : those of a metric of a set; its interval comes from a paired bootstrap
    """
    row, other_row = of[1], against[1]
    if row is None:
        return ""
    if row["status"] != "ok":
        return _why(row)
    if other_row["status"] != "ok":
        return ""
    if np.isnan([float(row["mean"]), float(other_row["mean"])]).any():
        return "n/a"
    if not are_paired(of, against):
        gain = float(row["mean"]) - float(other_row["mean"])
        return f"{gain:+.{metric.digits}f} unpaired"
    mean, ci95 = paired_difference(of, against, scores)
    if np.isnan(mean):  # no sample in common
        return "n/a"
    half = "" if np.isnan(ci95) else f" ±{ci95:.{metric.digits}f}"
    return f"{mean:+.{metric.digits}f}{half}"


def paired_difference(of, against, scores: Scores | None) -> tuple[float, float]:
    """Mean difference and half width of its interval; NaN without common samples."""
    return _of_scores(of, against, scores) if scores else _of_means(of, against)


def are_paired(of, against) -> bool:
    """Whether both have the same independent samples: images, draws or episodes."""
    by_draw = {
        row["transmitter"] in read_remembering(folder) and row.get("images") != "1"
        for folder, row in (of, against)
    }
    return len(by_draw) == 1


def _of_means(of, against) -> tuple[float, float]:
    """Mean difference of the samples' values, and half width of its interval."""
    own, other = (
        read_samples(folder, r["point_id"], r["metric"]) for folder, r in (of, against)
    )
    values = np.array([own[i] - other[i] for i in sorted(own.keys() & other.keys())])
    if len(values) < 2:
        return values.mean() if len(values) else np.nan, np.nan
    error = values.std(ddof=1) / np.sqrt(len(values))
    return values.mean(), stdtrit(len(values) - 1, 0.975) * error


def _of_scores(of: Point, against: Point, scores: Scores) -> tuple[float, float]:
    """Difference of scores of a set, both bootstrapped with the same samples."""
    points = [(folder, row["point_id"]) for folder, row in (of, against)]
    common = frozenset.intersection(*(scores.samples(*point) for point in points))
    if not common:
        return np.nan, np.nan
    samples = tuple(sorted(common))
    (own, resampled), (other, others) = (scores.of(*p, samples) for p in points)
    return own - other, half_width(resampled - others)
