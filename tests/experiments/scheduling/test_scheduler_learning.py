"""PPO-Lagrangian learns, repeats, and is exported as it is."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from blocks.schedulers.ppo_lagrangian import FORMS

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What the program beside this file found."""
    path = tmp_path_factory.mktemp("learnt") / "found.npz"
    script = Path(__file__).with_name("learn_schedulers.py")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", script, path],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return np.load(path)


def test_a_short_training_beats_a_random_choice_by_far(found):
    assert found["reward"] > 0.7
    assert found["cost"] < 1.5


def test_equal_seeds_give_equal_policies(found):
    np.testing.assert_array_equal(found["first"], found["again"])
    assert np.ptp(found["first"], axis=0).min() > 0.1
    np.testing.assert_allclose(found["first"].sum(axis=1), 1, rtol=1e-6)


def test_the_multiplier_rises_while_too_much_is_lost(found):
    multiplier, cost = found["path"].T[:2]
    assert cost[0] > 0.01  # the limit
    assert multiplier[0] == 0 < multiplier[1]


@pytest.mark.parametrize("form", FORMS)
def test_the_exported_actor_has_the_same_outputs(found, form):
    actor, exported = found[f"{form} actor"], found[f"{form} exported"]
    np.testing.assert_allclose(exported, actor, atol=3e-4)
    assert np.ptp(actor) > 1e-3
    assert found[f"{form} moved"] > 1e-4
    assert found[f"{form} cost"].shape == (32, 64)
