"""A real sweep, killed at any moment and run again until it is done."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from semlink.store.results import read_points

ROOT = Path(__file__).parents[3]
NUM_POINTS, METRICS = 60, 6
PAUSE_S = 0.005  # of the channel, for each of three images of a point
POINT_S = 3 * PAUSE_S
PATIENCE_S = 60

# Stands in for Sionna, which would be imported for its seed alone: 5 s a process.
SEEDING = """
import numpy


class Config:
    def __setattr__(self, name, value):
        numpy.random.seed(value % 2**32)


config = Config()
"""

CONFIG = f"""
source: flat_images.py
transmitter: phase.py
channel: noisy.py[pause_s={PAUSE_S}]
task: distance.py
snr_db: "0:{(NUM_POINTS - 1) / 4}:0.25"
cbr: 0.1
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A working folder with components, a configuration, and a straight run."""
    folder = tmp_path_factory.mktemp("place")
    for path in (ROOT / "tests" / "semlink" / "components").glob("*.py"):
        shutil.copy(path, folder)
    stub = folder / "stub" / "sionna"
    (stub / "phy").mkdir(parents=True)
    (stub / "__init__.py").touch()
    (stub / "phy" / "__init__.py").write_text(SEEDING)
    (folder / "small.yaml").write_text(CONFIG)
    with started(folder, "straight") as process:
        assert process.wait(PATIENCE_S) == 0, printed(folder, "straight")
    assert len(read_points(folder / "runs" / "straight")) == NUM_POINTS * METRICS
    return folder


def started(place, run):
    """Start the sweep into a run; what it prints goes to a file."""
    paths = os.pathsep.join([str(place / "stub"), str(ROOT)])
    command = [sys.executable, "-m", "experiments", "sweep", "--config", "small.yaml"]
    with (place / f"{run}.txt").open("w") as output, interruptible():
        return subprocess.Popen(
            [*command, "--run", run],
            cwd=place,
            env={**os.environ, "PYTHONPATH": paths},
            stdout=output,
            stderr=subprocess.STDOUT,
        )


@contextmanager
def interruptible():
    """Start processes that heed Ctrl-C, even where a shell has told us not to."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def printed(place, run):
    return (place / f"{run}.txt").read_text()


def size(place, run):
    path = place / "runs" / run / "points.csv"
    return path.stat().st_size if path.exists() else 0


def wait_for_points(place, run, process, num_points):
    """Wait until a sweep has stored some more points; say whether it goes on."""
    for _ in range(num_points):
        before, end = size(place, run), time.monotonic() + PATIENCE_S
        while size(place, run) <= before and process.poll() is None:
            assert time.monotonic() < end, printed(place, run)
            time.sleep(0.001)
    return process.poll() is None


def rows(place, run):
    """What a run holds, but for the time that it took."""
    return [{**row, "seconds": ""} for row in read_points(place / "runs" / run)]


def kill_and_resume(place, run, kills, seed):
    """Run a sweep to its end, killed on the way; give the sizes it was killed at."""
    chance, straight = random.Random(seed), rows(place, "straight")
    sizes, kept = [], []
    for _ in range(kills):
        with started(place, run) as process:
            assert wait_for_points(place, run, process, 2), printed(place, run)
            time.sleep(chance.uniform(0, 2 * POINT_S))
            process.kill()
        assert process.returncode == -signal.SIGKILL, printed(place, run)
        sizes.append(size(place, run))
        left = rows(place, run)
        assert all(row in left for row in kept)
        assert all(row in straight for row in left)
        kept = left
    with started(place, run) as process:
        assert process.wait(PATIENCE_S) == 0, printed(place, run)
    return sizes


def check_kills(place, kills, seed):
    run = f"killed{kills}"
    sizes = kill_and_resume(place, run, kills, seed)
    assert sizes == sorted(set(sizes))  # every life of the sweep got further
    assert sizes[-1] < size(place, "straight")
    assert rows(place, run) == rows(place, "straight")
    assert len({r["point_id"] for r in rows(place, run)}) == NUM_POINTS


@pytest.mark.slow
def test_killed_and_resumed(place):
    check_kills(place, 5, seed=1)


@pytest.mark.slow
def test_killed_and_resumed_often(place):
    check_kills(place, 20, seed=2)


def test_killed_before_the_first_point(place):
    with started(place, "early") as process:
        end = time.monotonic() + PATIENCE_S
        while not (place / "runs" / "early").exists():
            assert time.monotonic() < end, printed(place, "early")
            time.sleep(0.0002)
        process.kill()
    with started(place, "early") as process:
        assert wait_for_points(place, "early", process, 2), printed(place, "early")
        process.kill()
    straight = rows(place, "straight")
    assert all(row in straight for row in rows(place, "early"))


@pytest.mark.slow
def test_interrupted_and_resumed(place):
    with started(place, "stopped") as process:
        assert wait_for_points(place, "stopped", process, 3)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 130, printed(place, "stopped")
    said = printed(place, "stopped")
    assert "Traceback" not in said
    told = re.search(r"interrupted: (\d+) of 60 points kept in runs/stopped; ", said)
    assert told, said
    assert "the same command resumes" in said
    kept = len(rows(place, "stopped")) // METRICS
    # one more may have been stored in the moment before it was counted
    assert int(told[1]) in (kept, kept - 1)
    assert 0 < kept < NUM_POINTS
    with started(place, "stopped") as process:
        assert process.wait(PATIENCE_S) == 0
    assert f"{kept} were there already" in printed(place, "stopped")
    assert rows(place, "stopped") == rows(place, "straight")
