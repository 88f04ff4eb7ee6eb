"""A disk that fills up in the middle of a sweep, on a small file system of its own."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from semlink.store.results import read_points

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.slow
GRID = (
    "source=gaussian[count=2]",
    "transmitter=uncoded",
    "channel=awgn",
    "task=reconstruction",
    "snr_db=0:29:1",
    "cbr=0.5",
)


def mount(*arguments):
    return subprocess.run(["mount", *arguments], capture_output=True).returncode == 0


@pytest.fixture
def small_disk(tmp_path):
    """A folder that holds 64 KiB."""
    folder = tmp_path / "place"
    folder.mkdir()
    if not mount("-t", "tmpfs", "-o", "size=64k", "none", str(folder)):
        pytest.skip("needs the right to mount")
    yield folder
    with contextlib.suppress(OSError):
        subprocess.run(["umount", str(folder)], check=False)


def sweep(where, run):
    """Exit status and output of a sweep."""
    command = [sys.executable, "-m", "experiments", "sweep", "--run", run, "--", *GRID]
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        command,
        cwd=where,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr


def rows(folder):
    return [{**row, "seconds": ""} for row in read_points(folder)]


def test_a_full_disk_ends_in_one_line_and_resumes_when_there_is_space(
    small_disk, tmp_path
):
    status, output = sweep(tmp_path, "straight")
    assert status == 0, output
    straight = rows(tmp_path / "runs" / "straight")
    status, output = sweep(small_disk, "full")
    assert status == 2, output
    assert "Traceback" not in output
    said = output.splitlines()[-1]
    assert said.startswith("error: cannot write")
    assert "No space left on device" in said or "no space" in said
    kept = rows(small_disk / "runs" / "full")
    assert 0 < len(kept) < len(straight)
    assert all(row in straight for row in kept)
    assert sweep(small_disk, "full")[0] == 2  # as long as there is no space
    assert mount("-o", "remount,size=16m", str(small_disk))
    status, output = sweep(small_disk, "full")
    assert status == 0, output
    assert rows(small_disk / "runs" / "full") == straight
