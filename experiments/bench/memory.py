"""``make memory``: memory of a sweep that grows tenfold."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt

from experiments.figures.canvas import save
from semlink.errors import InputError

TIMES = (1, 2, 5, 10)
IMAGES, POINTS = 10, 6  # size of the smallest sweep
ROOT = Path(__file__).parents[2]
# Linux counts the memory of the forking process, so a small process forks the command.
BETWEEN = """
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
"""


def memory(source: str, transmitters: list[str], output: Path) -> str:
    """Draw the memory of sweeps over the number of images and the number of points.

    Parameters
    ----------
    source : source of at least 100 images
    transmitters : transmitters, simulated one by one
    output : figure to write

    Output
    ------
    : the peaks as text, and the path of the figure

    Raises
    ------
    InputError
        A sweep fails.
    """
    growing = {
        f"images, {POINTS} points each": [(IMAGES * k, POINTS) for k in TIMES],
        f"points, {IMAGES} images each": [(IMAGES, POINTS * k) for k in TIMES],
    }
    figure, places = plt.subplots(
        1, 2, figsize=(9, 3.2), sharey=True, layout="constrained", dpi=130
    )
    lines = []
    for which, (name, sizes) in enumerate(growing.items()):
        place, counts = places[which], [size[which] for size in sizes]
        for transmitter in transmitters:
            peaks = [peak_mib(source, transmitter, *size) for size in sizes]
            place.plot(counts, peaks, "o-")
            pairs = zip(counts, peaks, strict=True)
            found = ", ".join(f"{n}: {peak} MiB" for n, peak in pairs)
            lines.append(f"{transmitter}, {name}: {found}")
        place.set(xlabel=name, ylim=(0, None))
        place.grid(alpha=0.3)
    places[0].set_ylabel("peak memory [MiB]")
    places[0].legend(places[0].lines, transmitters)
    return "\n".join([*lines, str(save(figure, output))])


def peak_mib(source: str, transmitter: str, images: int, points: int) -> int:
    """Peak memory of a process that simulates a sweep over AWGN at CBR 0.03 [MiB].

    Raises
    ------
    InputError
        The sweep fails; the message has the reason.
    """
    sweep = [sys.executable, "-m", "experiments", "sweep", "--"]
    grid = f"snr_db={' '.join(f'{5 + 10 * i / points:.3f}' for i in range(points))}"
    what = [f"source={source}", f"transmitter={transmitter}", f"stop.images={images}"]
    return peak_of([*sweep, *what, grid, "channel=awgn", "cbr=0.03"])


def peak_of(command: list[str]) -> int:
    """Peak resident memory of a command in an empty folder [MiB].

    Raises
    ------
    InputError
        The command fails; the message is its last line.
    """
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.run(
            [sys.executable, "-c", BETWEEN, *command],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": paths},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    *_, last, peak_kib = ["", *process.stdout.splitlines()]
    if process.returncode:
        raise InputError(last.removeprefix("error: "))
    return int(peak_kib) // 1024
