"""PPO of TF-Agents, in a process with Keras 2, and its files."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]


def run(script: str, path: Path) -> None:
    """Run a program beside this file."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", Path(__file__).with_name(script), path],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    """Result of the toy problem."""
    path = tmp_path_factory.mktemp("toy") / "toy.npz"
    run("learn_a_toy.py", path)
    return np.load(path)


@pytest.mark.slow
def test_return_rises_and_actions_become_right(learnt):
    rewards = learnt["rewards"]
    assert rewards[-20:].mean() > rewards[:5].mean() + 0.3
    assert learnt["right"] > 0.98


@pytest.mark.slow
def test_the_exported_actor_has_the_same_scores(learnt):
    np.testing.assert_allclose(learnt["of_net"], learnt["of_agent"], atol=1e-4)
    assert np.ptp(learnt["of_net"]) > 0.1


@pytest.mark.slow
def test_interrupted_training_ends_where_an_unbroken_one_does(tmp_path):
    run("train_and_resume.py", tmp_path)
    whole, broken = (np.load(tmp_path / n / "state.npz") for n in ("whole", "broken"))
    assert int(whole["epoch"]) == 2
    assert whole.files == broken.files
    for name in whole.files:
        np.testing.assert_array_equal(whole[name], broken[name])
    first = np.load(tmp_path / "whole" / "state.npz")
    assert any(np.any(first[name]) for name in first.files[2:])
    for folder in ("whole", "broken"):
        lines = (tmp_path / folder / "ppo.csv").read_text().splitlines()
        assert len(lines) == 3
        assert (tmp_path / folder / "learning.png").stat().st_size > 5000
