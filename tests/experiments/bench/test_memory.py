"""``make memory``: the peaks of real processes, and the figure of them."""

import sys

import numpy as np
import pytest

from experiments.bench import memory
from semlink.errors import InputError


def test_the_peak_is_that_of_the_process_and_not_of_this_one():
    here = np.ones(600 << 20, np.uint8)
    peak = memory.peak_of([sys.executable, "-c", "bytes(bytearray(200 << 20))"])
    assert 400 < peak < 450  # a copy of 200 MiB
    assert here.any()


@pytest.mark.slow
def test_a_sweep_is_measured():
    assert memory.peak_mib("gaussian[count=3]", "uncoded", 2, 2) > 200  # of TensorFlow


@pytest.mark.slow
def test_a_sweep_that_fails_says_why_once():
    with pytest.raises(InputError, match="^unknown source 'nowhere'; known"):
        memory.peak_mib("nowhere", "uncoded", 1, 1)


def test_every_size_is_measured_and_drawn(monkeypatch, tmp_path):
    asked = []

    def peak(source, transmitter, images, points):
        asked.append((transmitter, images, points))
        return 100 + images

    monkeypatch.setattr(memory, "peak_mib", peak)
    words = memory.memory("any", ["one", "two"], tmp_path / "memory.png")
    images = [(10, 6), (20, 6), (50, 6), (100, 6)]
    points = [(10, 6), (10, 12), (10, 30), (10, 60)]
    names = ("one", "two")
    assert asked == [
        (name, *size) for sizes in (images, points) for name in names for size in sizes
    ]
    first, *_, last = words.splitlines()
    found = "10: 110 MiB, 20: 120 MiB, 50: 150 MiB, 100: 200 MiB"
    assert first == f"one, images, 6 points each: {found}"
    assert last == str(tmp_path / "memory.png")
    assert (tmp_path / "memory.png").stat().st_size > 5000
