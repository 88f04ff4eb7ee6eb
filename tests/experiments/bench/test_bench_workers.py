"""``make bench WORKERS=n``: its timings and its refusals."""

import pytest

from experiments.bench import workers as bench_workers
from experiments.bench.workers import Timed
from semlink.errors import InputError

SMALL = ("transmitter=uncoded", "channel=awgn", "snr_db=0:6:2", "cbr=1.1")


def timed(**by_workers):
    """Stands for sweeps that took so long and gave such rows."""
    return lambda workers, settings: by_workers[f"w{workers}"]


def test_it_says_what_share_of_the_time_the_workers_took(monkeypatch):
    rows = [{"point_id": "a"}, {"point_id": "a"}, {"point_id": "b"}]
    both = timed(w0=Timed(1000, rows), w2=Timed(570, rows))
    monkeypatch.setattr(bench_workers, "_timed", both)
    said = bench_workers.bench_workers(2, "photos", 3)
    assert "sweep of 2 points" in said
    assert "one process 1000 s, 2 workers 570 s, 0.57 of it" in said


def test_other_numbers_are_no_speed(monkeypatch):
    one, other = [{"point_id": "a", "mean": "1"}], [{"point_id": "a", "mean": "2"}]
    both = timed(w0=Timed(9, one), w3=Timed(3, other))
    monkeypatch.setattr(bench_workers, "_timed", both)
    with pytest.raises(InputError, match="one process and 3 workers gave different"):
        bench_workers.bench_workers(3, "photos", 3)


def test_a_sweep_that_fails_says_why():
    with pytest.raises(InputError, match="^unknown source 'nowhere'; known"):
        bench_workers.bench_workers(2, "nowhere", 1)


@pytest.mark.slow
def test_sweeps_are_really_run(monkeypatch):
    monkeypatch.setattr(bench_workers, "GRID", SMALL)
    said = bench_workers.bench_workers(2, "photos", 1)
    assert said.startswith("sweep of 4 points")
