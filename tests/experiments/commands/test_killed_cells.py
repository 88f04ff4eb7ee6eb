"""A grid of 100 cells over two workers, killed twice with all of its processes."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from semlink.store.results import read_points, read_samples

ROOT = Path(__file__).parents[3]
SCHEDULERS = [
    "random",
    "round_robin",
    "proportional_fair",
    "max_weight",
    "earliest_deadline",
    "strict_priority",
    "drift_plus_penalty",
    "water_filling",
    "distortion_water_filling",
    "ppo_lagrangian:grants",
]
NUM_POINTS = 100  # ten schedulers at ten SNRs
GRID = (
    "scenario=" + " ".join(f"crowd[scheduler={name}]" for name in SCHEDULERS),
    "common.traffic.slots=40",
    "snr_db=-4:23:3",
    "stop.draws=3",
)
PATIENCE_S = 600


def started(folder, run, *options):
    """Start the sweep into a run, in a process group of its own."""
    command = [sys.executable, "-m", "experiments", "sweep", "--run", run, *options]
    with (folder / f"{run}.txt").open("w") as output:
        return subprocess.Popen(
            [*command, "--", *GRID],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def finished(folder, run, *options):
    """Run the sweep to its end; its rows but for seconds, and its samples."""
    process = started(folder, run, *options)
    assert process.wait(PATIENCE_S) == 0, (folder / f"{run}.txt").read_text()
    rows = kept(folder, run)
    of = {(row["point_id"], row["metric"]) for row in rows}
    return rows, {key: read_samples(folder / "runs" / run, *key) for key in of}


def kept(folder, run):
    """Rows that a run holds, but for the time that they took."""
    path = folder / "runs" / run
    there = (path / "points.csv").exists()
    return [{**row, "seconds": ""} for row in read_points(path)] if there else []


def ids(rows):
    return {row["point_id"] for row in rows}


@pytest.mark.slow
def test_a_grid_that_is_killed_twice_has_the_numbers_of_one_process(tmp_path):
    straight, samples = finished(tmp_path, "straight")
    assert len(ids(straight)) == NUM_POINTS
    assert {row["status"] for row in straight} == {"ok"}
    chance, before = random.Random(1), set()
    for _ in range(2):
        process = started(tmp_path, "killed", "--workers", "2")
        end = time.monotonic() + PATIENCE_S
        more = len(before) + chance.randint(1, 30)  # points, before it is killed
        while len(ids(kept(tmp_path, "killed"))) < more:
            assert process.poll() is None, (tmp_path / "killed.txt").read_text()
            assert time.monotonic() < end
            time.sleep(0.05)
        time.sleep(chance.uniform(0, 0.5))
        os.killpg(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        left = kept(tmp_path, "killed")
        assert before < ids(left) < ids(straight)  # it got further, and not to the end
        assert all(row in straight for row in left)
        before = ids(left)
    assert finished(tmp_path, "killed", "--workers", "2") == (straight, samples)
    said = (tmp_path / "killed.txt").read_text()
    assert f"{len(before)} were there already" in said
