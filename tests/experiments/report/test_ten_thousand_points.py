"""10,000 points and more than 100,000 rows: time to resume, and to report."""

import json
import time

import numpy as np
import pytest

from experiments.commands.manifests import manifest, write_manifest
from experiments.figures.curves import draw_all
from experiments.report.write import write_report
from semlink.metrics import Judgement
from semlink.store.results import ResultStore, read_points
from semlink.sweeps.monitor import Monitor
from semlink.sweeps.points import COUNTED, rows_of

pytestmark = pytest.mark.slow
SETTINGS = (
    "transmitter=jpeg2000_ldpc jpeg_ldpc webp_ldpc jpeg2000_ldpc[mcs=auto]",
    "channel=awgn rayleigh rayleigh[coherence_length=64] rician erasure",
    "snr_db=0:24.9:0.1",
    "cbr=0.03 0.04 0.05",
)


@pytest.fixture(scope="module")
def many(sweep_of, tmp_path_factory):
    """A finished run: its numbers are made up, its points and their names are not."""
    folder = tmp_path_factory.mktemp("runs") / "many"
    job = sweep_of(SETTINGS)
    rng = np.random.default_rng(1)
    with ResultStore(folder, metrics=job.metrics) as store:
        write_manifest(store, json.dumps(manifest(job)).encode())
        rows = []
        for point in job.points:
            described = job.trial.metrics
            monitor = Monitor(job.rule, described, {}, num_samples=2)
            for image in range(2):
                names = (*job.metrics, "cbr", "latency_slots", *COUNTED)
                values = {k: (rng.uniform(), 1.0) for k in names}
                monitor.add(image, 0, Judgement(values, {}))
            rows += rows_of(point, monitor, "ok", described, 0.1)
        store.append(rows)
    return folder, job


def test_it_is_as_large_as_it_says(many):
    folder, job = many
    assert len(job.points) >= 10_000
    assert len(read_points(folder)) >= 100_000


def test_what_is_left_to_do_is_known_in_two_seconds(many, sweep_of):
    folder, _ = many
    job = sweep_of(SETTINGS)
    start = time.perf_counter()
    with ResultStore(folder, metrics=job.metrics) as store:
        known = store.finished()
        missing = [point for point in job.points if point.id not in known]
    assert time.perf_counter() - start < 2.0
    assert missing == []


def test_figures_are_drawn_in_ten_seconds(many):
    start = time.perf_counter()
    assert draw_all(many[0])
    assert time.perf_counter() - start < 10.0


def test_a_report_of_twelve_pictures_takes_thirty_seconds_and_20_mb(many, tmp_path):
    folder, _ = many
    start = time.perf_counter()
    write_report(folder, "0 1 2", 12, (tmp_path, 1.0))
    assert time.perf_counter() - start < 30.0
    assert (folder / "report.html").stat().st_size < 20e6
