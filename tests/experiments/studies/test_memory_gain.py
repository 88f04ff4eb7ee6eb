"""The study of a memory: pairs of frames, uses at equal quality, a run of all of it."""

import numpy as np
import pytest
from PIL import Image

from experiments.studies.memory_gain import interval, main, uses_at


def test_uses_are_interpolated_in_their_logarithm_and_only_inside():
    cbrs, curve = [0.01, 0.04], [20.0, 26.0]
    assert uses_at(23.0, cbrs, curve) == pytest.approx(0.02)
    assert np.isnan(uses_at(26.1, cbrs, curve))


def test_an_interval_is_over_runs_of_frames():
    mean, half = interval(np.repeat([1.0, 3.0], 4))
    assert mean == 2.0
    assert half == pytest.approx(12.706, rel=1e-3)  # t of one degree, times one


@pytest.mark.slow
def test_a_fixed_camera_gains(tmp_path, capsys):
    clip = tmp_path / "site"
    clip.mkdir()
    scene = np.random.default_rng(1).integers(0, 255, (6, 8, 3), np.uint8)
    scene = np.kron(scene, np.ones((16, 16, 1), np.uint8))
    for number in range(4):
        frame = scene.copy()
        frame[40:56, 8 * number : 8 * number + 16] = 250
        Image.fromarray(frame).save(clip / f"{number}.png")
    alone = "site_memory[choice=none]"
    words = [str(tmp_path), "--site", "site", "--frames", "4", "--cbr", "0.1", "0.2"]
    main([*words, "--against", alone, "--controls"])
    heading, _, *rows = capsys.readouterr().out.splitlines()[:4]
    assert heading == f"| CBR | {alone} | site_memory |"
    for row in rows:
        base, gain = (float(cell.split(" ±")[0]) for cell in row.split("|")[2:4])
        assert base > 30.0
        assert gain > 1.0
