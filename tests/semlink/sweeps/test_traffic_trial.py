"""Sweeps of cells with traffic: schedulers side by side, over equal traffic."""

import pytest

from experiments.jobs import job_of
from semlink.config import validate
from semlink.errors import InputError
from semlink.store.results import ResultStore
from semlink.sweeps.listener import Unwatched

SHORT = {"traffic": {"slots": 60}}


def job(*scenarios: str, draws: int = 3, common=SHORT):
    tree = {"scenario": list(scenarios), "common": common, "snr_db": "4 14"}
    return job_of(validate(tree | {"stop": {"draws": draws}}))


def rows(job, folder):
    """Rows of a run by scenario, SNR and metric."""
    with ResultStore(folder, metrics=job.metrics) as store:
        job.run(store, Unwatched())
        return {
            (row["scenario"], row["snr_db"], row["metric"]): row
            for point in store.finished().values()
            for row in point
        }


def test_schedulers_meet_equal_traffic_and_an_episode_is_one_sample(tmp_path):
    cell = job("crowd", "crowd[scheduler=max_weight]")
    found = rows(cell, tmp_path)
    assert len(found) == 2 * 2 * len(cell.metrics)
    for snr_db in ("4.0", "14.0"):
        means = {m: float(found["crowd", snr_db, m]["mean"]) for m in cell.metrics}
        for metric in ("value", "in_time", "urgent", "harm"):
            assert 0 <= means[metric] <= 1
        assert float(found["crowd", snr_db, "in_time"]["ci95"]) > 0
        assert means["value"] + means["harm"] <= 1
        spans = [means[f"wait_p{p}"] for p in (50, 95, 99)]
        assert spans == sorted(spans)
        assert spans[0] >= 1
    better = [float(found["crowd", s, "in_time"]["mean"]) for s in ("4.0", "14.0")]
    assert better[0] < better[1]
    assert rows(cell, tmp_path) == found  # nothing is simulated again


def test_an_episode_is_the_same_whatever_is_asked_for_beside_it():
    few, many = job("crowd[scheduler=random]"), job("crowd[scheduler=random]", draws=40)
    point = few.points[0]
    one = few.trial(point, 0, 2)
    assert one == many.trial(point, 0, 2)
    assert one != few.trial(point, 0, 1)
    later = many.trial(point, 0, 35)  # of another batch
    assert later.values["value"] != one.values["value"]


def test_larger_cells_have_more_users_of_the_same_kinds():
    one, four = (
        job(f"crowd[traffic.copies={n}]").trial._stages[f"crowd[traffic.copies={n}]"]
        for n in (1, 4)
    )
    users = one.config.traffic.num_users
    assert four.config.traffic.num_users == 4 * users
    assert four.config.traffic.uses == 4 * one.config.traffic.uses
    assert four.config.traffic.each[:users] == one.config.traffic.each


def test_load_scales_arrivals():
    arrived = []
    for load in (0.5, 2):
        made = job(f"crowd[traffic.load={load}]")
        arrived.append(made.trial(made.points[1], 0, 0).values["utility"][1])
    assert arrived[1] > 3 * arrived[0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["crowd", "monitor"],
            "must be sessions, cells with traffic, or rescues, got",
        ),
        (["crowd[scheduler=nobody]"], "unknown scheduler 'nobody'"),
        (["crowd[scheduler=single_user]"], "must have at most one demand, got 4"),
        (["crowd[traffic.utility=psnr]"], "unknown utility from 0 to 1 'psnr'"),
        (["crowd[traffic.pool=-5]"], "traffic.pool.*got -5"),
    ],
)
def test_what_no_sweep_of_cells_can_be_is_refused(words, message):
    with pytest.raises(InputError, match=message):
        job(*words, common={})
