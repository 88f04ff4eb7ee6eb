"""The examples of the page about extending semlink, and sweeps of them."""

import re
import sys
from pathlib import Path

import pytest

from experiments.__main__ import main
from semlink.store.results import read_points

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/extending.md").read_text()
EXAMPLES = dict(re.findall(r"`(\w+\.py)`\)?:\n\n```python\n(.*?)```", PAGE, re.S))


@pytest.fixture
def examples():
    """Give the code of every example, by the name of its file."""
    return EXAMPLES


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder with every example, which is the current one."""
    for name, code in EXAMPLES.items():
        (tmp_path / name).write_text(code)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.fixture
def semlink(files, monkeypatch, capsys):
    """Run a command of semlink; give what it printed."""

    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["semlink", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        assert stop.value.code in (0, None), capsys.readouterr()
        return capsys.readouterr().out

    return run


@pytest.fixture
def sweep(semlink, files):
    """Run a sweep; give its rows by (transmitter, metric, SNR), and what it printed."""

    def run(*said: str, name="plugin"):
        printed = semlink("sweep", "--run", name, "--cache-gib", "0", "--", *said)
        rows = read_points(files / "runs" / name)
        known = {(r["transmitter"], r["metric"], float(r["snr_db"])): r for r in rows}
        return known, printed

    return run


@pytest.fixture
def installed(files):
    """The examples as a distribution, found by entry points."""
    info = files / "my_components-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-components\n")
    groups = {
        "channels": ["phase_noise"],
        "sources": ["letters"],
        "tasks": ["letter_errors"],
        "transmitters": ["uncoded_letters", "differences", "repeated_letters"],
        "controllers": ["centre"],
        "describers": ["dominant_colour"],
        "detectors": ["bright_spot"],
        "extractors": ["convolution"],
    }
    lines = [
        f"[semlink.{group}]\n" + "".join(f"{name} = {name}\n" for name in names)
        for group, names in groups.items()
    ]
    (info / "entry_points.txt").write_text("".join(lines))
