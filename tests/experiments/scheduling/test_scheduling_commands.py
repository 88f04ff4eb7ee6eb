"""Commands of learned schedulers: their tables, and one line for bad input."""

import csv
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from experiments.scheduling import rating, small
from experiments.scheduling.__main__ import COMMANDS
from experiments.scheduling.asked import Order, even, folder
from experiments.scheduling.comparing import half_width
from experiments.scheduling.tables import write
from experiments.scheduling.tuning import Tried, chosen
from experiments.training.options import options_of
from semlink.errors import InputError

ROOT = Path(__file__).parents[3]


class Pair(NamedTuple):
    """A row of a table."""

    a: float
    b: float
    c: float
    d: str


def run(*words: str) -> subprocess.CompletedProcess:
    """Run a command as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "experiments.scheduling", *words],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_has_a_line_of_help(command):
    recipe, _ = COMMANDS[command]
    parser = options_of("it", recipe)
    helped = {action.dest: action.help for action in parser._actions}
    assert all(helped[name] for name in recipe._fields)
    needed = ["--source", "photos"] if recipe is Order else []
    asked = parser.parse_args(["--output", "somewhere", *needed])
    assert recipe(**vars(asked)).output == Path("somewhere")


def test_a_command_that_does_not_exist_is_refused_in_one_line():
    done = run("big")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"error: a command must be {', '.join(COMMANDS)}, got 'big'"
    ]


@pytest.mark.slow
def test_bad_options_are_refused_in_one_line(tmp_path):
    file = tmp_path / "file"
    file.touch()
    for words, line in {
        ("small", "--output", str(file)): f"got {file}",
        ("small", "--output", str(tmp_path), "--rule", "no"): "got 'no'",
        ("train", "--output", str(tmp_path), "--users", "3"): "got 3",
        ("compare", "--output", str(tmp_path), "--seeds", "1"): "got 1",
        ("ablate", "--output", str(tmp_path), "--users", "5"): "got 5",
        ("train", "--output", str(tmp_path), "--without", "luck"): "got 'luck'",
        ("tune", "--output", str(tmp_path), "--episodes", "0"): "got 0",
        ("order", "--output", str(tmp_path), "--source", "photos"): "got 2",
        ("order", "--output", str(tmp_path), "--source", "gaussian"): "of signal",
        ("online", "--output", str(tmp_path), "--slots", "100"): "got 100",
        ("tune_online", "--output", str(tmp_path), "--episodes", "1"): "got 1",
        ("train_sac", "--output", str(tmp_path), "--batches", "0"): "got 0",
    }.items():
        done = run(*words)
        assert done.returncode != 0
        assert done.stderr.strip().splitlines()[-1].endswith(line)
        assert "Traceback" not in done.stderr


def test_odd_numbers_of_users_and_files_as_folders_are_refused(tmp_path):
    with pytest.raises(InputError, match="an even number above 0, got 3"):
        even("users", 3)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"output must be a folder .* got .*file$"):
        folder(tmp_path / "file")
    assert folder(tmp_path / "new" / "one").is_dir()


def test_the_ratings_of_schedulers_are_those_of_policies_and_courses(monkeypatch):
    """An exact value is within the interval of courses, and chance is no policy."""
    judge = rating.Judge()
    made = rating.SCHEDULERS.build("max_weight")
    exact = judge.scheduler("max_weight", made)
    assert exact.reward_ci95 == 0
    monkeypatch.setattr(rating, "COURSES", 50)
    played = judge.values("it", rating.played(made, 3))
    assert abs(played.reward - exact.reward) < 2 * played.reward_ci95
    assert 0 < played.reward_ci95 < 0.02
    for name in ("random", "round_robin", "proportional_fair"):
        assert rating.policy_of(rating.SCHEDULERS.build(name)) is None
    assert judge.policy("best", judge.best.policy).score == pytest.approx(1)
    assert judge.policy("random", small.random_policy()).score == 0


def test_the_tuned_heuristic_is_the_best_within_the_limit():
    scheme = "never", False, 0, 3
    rows = [
        Tried(v, 0, *scheme, reward, cost)
        for v, reward, cost in ((1, 0.5, 0.4), (2, 0.3, 0.2), (3, 0.4, 0.3))
    ]
    assert chosen(rows, 0.3).v == 3
    assert chosen(rows, 0.1).v == 2
    assert chosen(rows, 1.0).v == 1


def test_tables_hold_what_they_were_given(tmp_path):
    write(tmp_path / "a.csv", [Pair(1.0, 0.5, 1 / 3, "never")])
    with open(tmp_path / "a.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == [{"a": "1", "b": "0.5", "c": "0.333333", "d": "never"}]


def test_half_widths_are_those_of_student():
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    expected = 2.776 * np.sqrt(2.5 / 5)
    assert half_width(values) == pytest.approx(expected, rel=1e-3)
    assert half_width(np.ones(5)) == 0
