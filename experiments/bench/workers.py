"""``make bench WORKERS=n``: time of a sweep with one process, and with n workers."""

import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from semlink.errors import InputError

ROOT = Path(__file__).parents[2]
# at least ten minutes for one process over 75 pictures of 640x480
GRID = (
    "transmitter=ntscc jpeg2000_ldpc",
    "channel=awgn rayleigh",
    "snr_db=4:14:2",
    "cbr=0.03 0.06",
)


class Timed(NamedTuple):
    """A timed sweep.

    seconds : time of the command, from start to end
    rows : rows of ``points.csv``, without the seconds of each point
    """

    seconds: float
    rows: list[dict[str, str]]


def bench_workers(workers: int, source: str, images: int) -> str:
    """Time a sweep with one process and with ``workers``, without keeping results.

    Parameters
    ----------
    workers : worker processes on this machine
    source, images : source, and number of images

    Output
    ------
    : seconds of both and their ratio, as text

    Raises
    ------
    InputError
        A sweep fails, or the two give different numbers.
    """
    settings = (*GRID, f"source={source}", f"stop.images={images}")
    alone, many = (_timed(number, settings) for number in (0, workers))
    if alone.rows != many.rows:
        raise InputError(f"one process and {workers} workers gave different numbers")
    return (
        f"sweep of {len({row['point_id'] for row in alone.rows})} points, "
        f"{len(os.sched_getaffinity(0))} cores, the same numbers\n"
        f"  one process {alone.seconds:.0f} s, {workers} workers {many.seconds:.0f} s, "
        f"{many.seconds / alone.seconds:.2f} of it"
    )


def _timed(workers: int, settings: Sequence[str]) -> Timed:
    """Run a sweep in an empty folder, with an empty cache."""
    options = ["--cache-gib", "0", "--workers", str(workers)]
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        process = subprocess.run(
            [sys.executable, "-m", "experiments", "sweep", *options, "--", *settings],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": paths},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        seconds = time.perf_counter() - start
        if process.returncode:
            *_, last = ["", *process.stdout.splitlines()]
            raise InputError(last.removeprefix("error: "))
        with open(
            Path(folder, "runs", "sweep", "points.csv"), newline="", encoding="utf-8"
        ) as file:
            rows = [{**row, "seconds": ""} for row in csv.DictReader(file)]
    return Timed(seconds, rows)
