"""Paired comparisons: over the same images, with the interval of the difference."""

import numpy as np
import pytest
from scipy import stats

from experiments.compose import sweep_of
from experiments.studies.compare import (
    Scores,
    compare,
    difference,
    paired_difference,
)
from semlink import config
from semlink.errors import InputError
from semlink.metrics import Metric
from semlink.store.results import ResultStore, read_points, read_samples
from semlink.sweeps.bootstrap import RESAMPLED


class Silent:
    def progress(self, point, monitor): ...

    def finished(self, point, rows, resumed): ...


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A small run."""
    folder = tmp_path_factory.mktemp("run")
    settings = {
        "source": "gaussian[count=5]",
        "transmitter": "uncoded",
        "channel": "awgn",
        "snr_db": [0, 10],
        "cbr": 0.9,
    }
    job = sweep_of(config.validate(settings))
    with ResultStore(folder, metrics=job.metrics) as store:
        job.run(store, Silent())
    return folder


def test_samples_average_to_the_point(run):
    rows = read_points(run)
    assert len({row["point_id"] for row in rows}) == 2
    for row in rows:
        if row["metric"] != "mse":
            continue
        values = list(read_samples(run, row["point_id"], "mse").values())
        assert np.mean(values) == pytest.approx(float(row["mean"]), rel=1e-9)


def test_unknown_names_are_answered_with_known_ones(run):
    with pytest.raises(InputError, match="unknown transmitter of this run 'uncode'"):
        compare(run, "uncode", "psnr")
    with pytest.raises(InputError, match="unknown metric 'psn'"):
        compare(run, "uncoded", "psn")


def test_differences_are_paired(run, monkeypatch):
    """Against values that are known, with SciPy's own paired t interval."""
    rng = np.random.default_rng(1)
    hard = 10 * rng.normal(size=20)
    first, second = hard + 1 + 0.1 * rng.normal(size=20), hard
    values = {"a": first, "b[csi=True]": second}
    monkeypatch.setattr(
        "experiments.studies.compare.read_points",
        lambda _: [
            {
                "task": "reconstruction",
                "metric": "psnr",
                "scenario": "",
                "transmitter": label,
                "channel": "awgn",
                "cbr_target": "0.03",
                "snr_db": "10",
                "status": "ok",
                "mean": str(v.mean()),
                "point_id": label,
            }
            for label, v in values.items()
        ],
    )
    monkeypatch.setattr(
        "experiments.studies.compare.read_samples",
        lambda _, label, __: dict(enumerate(values[label])),
    )
    line = compare(run, "b[csi=true]", "psnr").splitlines()[-1]
    low, high = stats.ttest_rel(first, second).confidence_interval(0.95)
    assert line.endswith(f"| {(low + high) / 2:+.4f} ±{(high - low) / 2:.4f} |")
    assert (high - low) / 2 < 0.1  # that of a mean alone is near 5


def test_what_a_task_could_not_judge_has_no_difference(tmp_path):
    words, picture = ({"status": "ok", "mean": mean} for mean in ("nan", "30.0"))
    metric = Metric("score", "score", kind="set")
    for row, other in ((words, picture), (picture, words)):
        assert difference((tmp_path, row), (tmp_path, other), metric, len) == "n/a"


class Median:
    """A task of one metric of a set, which counts how often it is asked."""

    metrics = (Metric("median", "median", kind="set"),)

    def __init__(self):
        self.asked = 0

    def score(self, observations):
        self.asked += 1
        return {"median": float(np.median([seen["value"] for seen in observations]))}


def test_scores_of_a_set_are_paired_and_each_point_is_scored_once(tmp_path):
    values = np.random.default_rng(1).normal(size=(3, 12)).cumsum(axis=0)
    with ResultStore(tmp_path, metrics=("median",)) as store:
        for point, own in zip("abc", values, strict=True):
            seen = {i: [{"value": value}] for i, value in enumerate(own)}
            store.write_observations(point, {"mine": seen})
    task, rows = Median(), [{"point_id": point, "task": "mine"} for point in "abc"]
    scores = Scores(task, "mine", "median")
    drawn = np.random.default_rng(0).integers(12, size=(RESAMPLED, 12))
    for row, own in zip(rows[:2], values[:2], strict=True):
        found = paired_difference((tmp_path, row), (tmp_path, rows[2]), scores)
        gains = [np.median(own[i]) - np.median(values[2][i]) for i in drawn]
        low, high = np.quantile(gains, [0.025, 0.975])
        mean = np.median(own) - np.median(values[2])
        assert found == pytest.approx((mean, (high - low) / 2))
    assert task.asked == 3 * (1 + RESAMPLED)
