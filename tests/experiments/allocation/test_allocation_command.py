"""The commands: one line for bad input, files, and the same numbers again."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from experiments.allocation import importance as power_study
from experiments.allocation import joint as joint_study
from experiments.allocation.cases import CASES
from experiments.allocation.downlink import bandwidth, optima
from experiments.allocation.downlink.cell import scenes
from experiments.allocation.downlink.episodes import (
    actions,
    dividing_view,
    nothing,
    placing_view,
)
from experiments.allocation.downlink.placing import own_subchannels
from experiments.allocation.figures import draw_joint, draw_power
from experiments.allocation.results import (
    Row,
    gaps,
    joint_table,
    power_table,
    write_rows,
)

ONE = "subchannels"
ROOT = Path(__file__).parents[3]


def run(*words):
    command = [sys.executable, "-m", "experiments.allocation", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_help_says_what_the_commands_do():
    done = run("--help")
    assert done.returncode == 0
    assert "exact optima" in " ".join(done.stdout.replace("│", " ").split())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("power", "--output", "setup.cfg"), "must be a folder"),
        (("joint", "--output", "x", "--seeds", "1"), "--seeds must be at least 2"),
        (("power",), "Missing option '--output'"),
    ],
)
def test_bad_input_is_answered_in_one_line(words, says):
    done = run(*words)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert says in done.stderr
    assert ", got " in done.stderr


def fake_weights(job):
    """Agents with random weights, in place of training."""
    rng = np.random.default_rng(0)

    def net(*widths):
        pairs = zip(widths[:-1], widths[1:], strict=True)
        return [rng.normal(size=s) for a, b in pairs for s in ((a, b), (b,))]

    found = {}
    for case, cell in CASES.items():
        scene, fresh = scenes(rng, 1, cell), nothing(1, cell)
        width = placing_view(scene, cell, fresh, 0).shape[1]
        found[f"{case} dqn"] = net(width, 8, actions(cell))
        width = dividing_view(scene, cell, own_subchannels(scene, 2)).shape[1]
        values = cell.users * (2 if case == "joint" else 1)
        found[f"{case} ddpg"] = net(width, 8, values)
    return dict.fromkeys(job.seeds, found)


@pytest.fixture(scope="module")
def joint_rows():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joint_study, "learnt", fake_weights)
        patch.setattr(optima, "GRID", 9)
        patch.setattr(bandwidth, "STEPS", 20)
        return joint_study.study(joint_study.Setup(seeds=2, draws=8))


def test_the_same_seeds_give_the_same_rows(joint_rows, monkeypatch):
    monkeypatch.setattr(joint_study, "learnt", fake_weights)
    monkeypatch.setattr(joint_study, "CASES", {ONE: CASES[ONE]})
    before = [row for row in joint_rows if row.case == ONE]
    assert joint_study.study(joint_study.Setup(seeds=2, draws=8)) == before
    by_seed = [[row.value for row in before if row.seed == seed] for seed in (0, 1)]
    assert by_seed[0] != by_seed[1]


def test_nobody_is_above_the_optimum(joint_rows):
    rows = joint_rows
    assert {row.case for row in rows} == set(CASES)
    assert min(row.gap_percent for row in rows) >= -0.5
    assert {r.gap_percent for r in rows if r.policy == joint_study.OPTIMUM} == {0}


def test_the_power_study_repeats_itself(monkeypatch):
    monkeypatch.setattr(power_study, "_learned", lambda *_: {})
    setup = power_study.Setup(seeds=2, sac_steps=0, draws=50)
    rows = power_study.study(setup)
    assert rows == power_study.study(setup)
    assert len({row.value for row in rows if row.policy == "random"}) == 24
    assert all(row.gap_percent >= 0 for row in rows)
    assert all(r.gap_percent == 0 for r in rows if r.policy == "optimum")


def row(seed, gap, users=2, case="power", policy="a"):
    return Row(case, users, 0.0, policy, seed, 1 + gap, gap)


def test_intervals_are_students():
    rows = [row(seed, gap) for seed, gap in enumerate((1.0, 2.0, 3.0))]
    mean, half = gaps([*rows, row(0, 50.0, policy="b")], policy="a")
    assert mean == 2
    assert half == pytest.approx(4.303 / np.sqrt(3), rel=1e-3)


def test_files_hold_all_rows(tmp_path):
    rows = [
        row(s, s + k, users=k, policy=p) for s in (0, 1) for k in (2, 4) for p in "ab"
    ]
    path = write_rows(rows, tmp_path / "rows.csv")
    with open(path, newline="", encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    assert [float(one["gap_percent"]) for one in read] == [r.gap_percent for r in rows]
    for draw in (draw_power, draw_joint):
        assert draw(rows, tmp_path / f"{draw.__name__}.png").stat().st_size > 5000
    assert power_table(rows).row_count == joint_table(rows).row_count == 2


@pytest.mark.slow
@pytest.mark.parametrize("study", ["power", "joint"])
def test_the_quick_command_repeats_itself(study, tmp_path):
    texts = []
    for number in range(2):
        folder = tmp_path / str(number)
        done = run(study, "--quick", "--output", folder)
        assert done.returncode == 0, done.stderr
        assert (folder / f"{study}.png").stat().st_size > 5000
        texts.append((folder / f"{study}.csv").read_text(encoding="utf-8"))
    assert texts[0] == texts[1]
    assert "optimum" in texts[0]
