"""PSNR over hours, from the logs of runs."""

import csv

import matplotlib.pyplot as plt
import numpy as np
import pytest

from experiments.training.curve import curve, psnr_at
from experiments.training.validation import QUALITIES
from semlink.errors import InputError

USES = dict(zip(QUALITIES, (0.01, 0.03, 0.06), strict=True))


def epoch(gain: float, side: float = 0.0) -> dict[str, str]:
    """A log line whose PSNR is a line over log CBR, and an hour long."""
    row = {"seconds": 3600}
    for quality, uses in USES.items():
        at = f"q{quality:g}_10dB"
        row[f"bppz_{at}"] = 8 * side
        row[f"cbr_{at}"] = uses - side
        row[f"psnr_{at}"] = 30 + gain + 4 * np.log(uses / 0.03)
    return {name: str(value) for name, value in row.items()}


@pytest.fixture
def run(tmp_path):
    """Write a run with an epoch for each gain."""

    def write(name: str, *gains: float):
        folder = tmp_path / name
        folder.mkdir()
        rows = [epoch(gain) for gain in gains]
        with open(folder / "joint.csv", "w", newline="") as file:
            table = csv.DictWriter(file, list(rows[0]))
            table.writeheader()
            table.writerows(rows)
        return folder

    return write


def test_names_are_shown_as_they_are(run, tmp_path):
    folder, names = run("a", 0, 1), ("_hidden", "a$b^{c$")
    with plt.rc_context({"svg.fonttype": "none"}):
        curve([f"{name}={folder}" for name in names], tmp_path / "curve.svg")
    assert all(f">{name}<" in (tmp_path / "curve.svg").read_text() for name in names)


@pytest.mark.parametrize("side", [0.0, 0.004])
def test_all_uses_count(side):
    assert psnr_at(epoch(0.5, side)) == pytest.approx(30.5)


def test_hours_go_on_from_run_to_run(run, tmp_path):
    first, second, other = run("a", 0, 1), run("b", 2), run("c", 0.5)
    figure = tmp_path / "curve.png"
    epochs = curve([f"ntscc={first},{second}", f"akb_jscc={other}"], figure)
    assert [(e.model, e.run, e.hours) for e in epochs] == [
        ("ntscc", "a", 1),
        ("ntscc", "a", 2),
        ("ntscc", "b", 3),
        ("akb_jscc", "c", 1),
    ]
    assert [e.psnr for e in epochs] == pytest.approx([30, 31, 32, 30.5])
    assert figure.stat().st_size > 1000
    with open(tmp_path / "curve.csv", newline="") as file:
        assert [row["psnr"] for row in csv.DictReader(file)] == [
            "30.000",
            "31.000",
            "32.000",
            "30.500",
        ]


@pytest.mark.parametrize("said", ["ntscc", "=a", "ntscc=nowhere"])
def test_what_cannot_be_drawn_is_said(said, tmp_path):
    with pytest.raises(InputError, match=r"NAME=RUN|no epochs of a run in nowhere"):
        curve([said], tmp_path / "curve.png")
