"""A new channel is one new file: the README's example is taken at its word."""

import re
import sys
from pathlib import Path

import pytest

from experiments.__main__ import main
from semlink.store.results import read_points

ROOT = Path(__file__).parents[3]
SETTINGS = ("source=gaussian[count=2,height=32,width=32]", "transmitter=uncoded")
ENTRY_POINT = "[semlink.channels]\nmy_noise = my_noise\n"


def example(document: str) -> str:
    """The Python code of a document that builds a phase-noise channel."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / document).read_text(), re.S)
    return next(block for block in blocks if "class PhaseNoise" in block)


@pytest.fixture
def sweep(tmp_path, monkeypatch):
    """Run a sweep over a channel; give its mean squared error by (label, SNR)."""
    monkeypatch.chdir(tmp_path)

    def run(channel: str) -> dict[tuple[str, float], float]:
        grid = (f"channel={channel}", "snr_db=0 20", "cbr=0.7")
        arguments = ["semlink", "sweep", "--run", "plugin", *SETTINGS, *grid]
        monkeypatch.setattr(sys, "argv", arguments)
        with pytest.raises(SystemExit) as stop:
            main()
        assert stop.value.code in (0, None)
        rows = read_points(tmp_path / "runs/plugin")
        rows = [row for row in rows if row["metric"] == "mse"]
        return {(r["channel"], float(r["snr_db"])): float(r["mean"]) for r in rows}

    return run


def test_the_documents_show_the_same_channel():
    assert example("README.md") == example("docs/extending.md")


def test_the_readme_channel_runs_by_path(sweep, tmp_path):
    (tmp_path / "phase_noise.py").write_text(example("README.md"))
    mse = sweep("awgn phase_noise.py[step_rad=0.02]")
    label = "phase_noise[step_rad=0.02]"
    # a phase that walks away hurts most where there is little noise to hide it
    assert mse[label, 20.0] > 2 * mse["awgn", 20.0]
    assert mse[label, 0.0] > mse["awgn", 0.0]


def test_a_channel_runs_by_entry_point(sweep, tmp_path, monkeypatch):
    (tmp_path / "my_noise.py").write_text(example("README.md"))
    info = tmp_path / "my_noise-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-noise\n")
    (info / "entry_points.txt").write_text(ENTRY_POINT)
    monkeypatch.syspath_prepend(str(tmp_path))
    mse = sweep("my_noise[step_rad=0]")
    # without a step of the phase it is AWGN: 1/(1+SNR) for two values in a symbol
    assert mse["my_noise[step_rad=0]", 20.0] == pytest.approx(1 / 101, rel=0.2)
