"""Floor and ceiling of metrics: made once for a run, and kept in it."""

from pathlib import Path

import numpy as np
import pytest

from semlink.contracts.tasks import bounded
from semlink.errors import InputError
from semlink.metrics import Bounds
from semlink.store.bounds import FILE, read_bounds
from semlink.store.results import ResultStore

LEVELS = str(Path(__file__).parents[1] / "components" / "levels.py")


@pytest.fixture
def judged(make):
    """Build a sweep of a task with bounds."""
    return lambda **changes: make(task=LEVELS, **changes)


def kept(job, folder) -> dict[str, Bounds]:
    with ResultStore(folder, metrics=job.metrics) as store:
        return job.bounds(store)


def asked(job) -> int:
    (task,) = job.trial.tasks.values()
    return task.asked


def test_bounds_are_of_the_samples_of_a_point(judged, tmp_path):
    job = judged(stop={"images": 2})
    levels = [job.trial.source[i].data.mean() for i in range(2)]
    bounds = kept(job, tmp_path)
    assert bounds["level"] == (0, pytest.approx(np.mean(levels)))
    assert bounds["highest"].ceiling == pytest.approx(max(levels))
    assert np.isnan(bounds["highest"].floor)


def test_bounds_are_made_once(judged, tmp_path):
    first, second = judged(), judged()
    bounds = kept(first, tmp_path)
    again = kept(second, tmp_path)
    assert (asked(first), asked(second)) == (1, 0)
    np.testing.assert_array_equal([*again.values()], [*bounds.values()])
    assert read_bounds(tmp_path).keys() == bounds.keys()


def test_bounds_of_other_samples_are_made_again(judged, tmp_path):
    bounds = kept(judged(), tmp_path)
    other = judged(stop={"images": 1})
    assert kept(other, tmp_path)["level"] != bounds["level"]
    assert asked(other) == 1


def test_a_run_of_tasks_without_bounds_has_no_file(make, tmp_path):
    assert kept(make(), tmp_path) == {}
    assert not (tmp_path / FILE).exists()
    assert read_bounds(tmp_path) is None


def test_a_task_takes_its_reference_from_the_source(judged):
    (metric, *_) = (metric for _, metric in judged().trial.metrics.values())
    assert metric.label == "level, 3 images"


def test_a_bootstrap_takes_the_resamples_of_a_task(judged, tmp_path, run, table):
    run(judged(snr_db="9", cbr="0.3"), tmp_path)
    row = next(row for row in table(tmp_path) if row["metric"] == "highest")
    assert float(row["ci95"]) > 0
    assert row["count"] == "3"


@pytest.mark.parametrize(
    "text",
    ["level,0,1\n", "metric,floor,ceiling,judged\nlevel,low,1,x\n"],
    ids=["no header", "no number"],
)
def test_a_damaged_file_is_refused_in_one_line(tmp_path, text):
    (tmp_path / FILE).write_text(text + "level,0,1,x\n")
    with pytest.raises(InputError, match=rf"{FILE} is damaged at line"):
        read_bounds(tmp_path)


@pytest.mark.parametrize(
    ("found", "got"),
    [
        (None, "bounds of highest, level, got None"),
        ({"other": Bounds(0, 1)}, "bounds of highest, level, got dict of 1"),
        ({"level": (0, 1)}, "Bounds of level, got tuple of 2"),
        ({"level": Bounds(0, np.inf)}, "score level as a finite number or NaN, got"),
    ],
)
def test_other_bounds_are_refused(judged, found, got):
    (task,) = judged().trial.tasks.values()
    with pytest.raises(InputError, match=got):
        bounded(found, task, "levels")
