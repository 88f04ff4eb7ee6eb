"""PPO-Lagrangian learns, repeats, and is exported as it is."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from scipy.stats import norm

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


def test_actions_are_drawn_from_what_the_layers_say(found):
    state, action = found["state"], found["action"]
    np.testing.assert_allclose(found["kept"], found["scores"][state], atol=1e-4)
    np.testing.assert_allclose(found["kept"], found["theirs"], atol=1e-5)
    chance = softmax(found["kept"].astype(float), axis=1)
    count, wide = np.eye(3)[action].sum(axis=0), np.sqrt(chance * (1 - chance))
    off = np.abs(count - chance.sum(axis=0)) / np.linalg.norm(wide, axis=0)
    assert np.all(off < 4)
    often = state == np.bincount(state).argmax()
    assert np.ptp(chance[often], axis=0).max() == 0
    shares = np.eye(3)[action[often]].mean(axis=0)
    np.testing.assert_allclose(shares, chance[often][0], atol=2 / often.sum() ** 0.5)


@pytest.mark.parametrize("form", FORMS)
def test_the_exported_actor_has_the_same_outputs(found, form):
    actor, exported = found[f"{form} actor"], found[f"{form} exported"]
    np.testing.assert_allclose(exported, actor, atol=3e-4)
    assert np.ptp(actor) > 1e-3
    assert found[f"{form} moved"] > 1e-4
    assert found[f"{form} cost"].shape == (128, 64)


def test_actions_are_as_probable_as_closed_forms_say(found):
    """Normal numbers and categorical choices, of users that ask alone."""
    outputs, spread = found["heads outputs"], found["heads spread"]
    drawn = found["heads drawn"].reshape(-1, 3, 2, 5)
    scores = np.split(outputs[..., 2:], [4, 6], axis=-1)
    chance = norm.logpdf(drawn[:5, ..., :2], outputs[..., :2], spread).sum(axis=-1)
    for place, score in enumerate(scores, 2):
        choice = drawn[..., place].astype(int)
        likely = log_softmax(score.astype(float), axis=-1)
        each = np.broadcast_to(likely, (5, *likely.shape))
        chance += np.take_along_axis(each, choice[:5, ..., None], -1)[..., 0]
        shares = np.mean(choice[..., None] == np.arange(score.shape[-1]), axis=0)
        np.testing.assert_allclose(shares, np.exp(likely), atol=0.04)
    asks = np.array([[1, 1], [1, 0], [0, 0]])
    np.testing.assert_allclose(
        found["heads chance"], (chance * asks).sum(-1), atol=1e-3
    )
    deviation = drawn[..., :2].std(axis=0)
    np.testing.assert_allclose(deviation, spread, rtol=0.1)
    mode = found["heads mode"].reshape(3, 2, 5)
    np.testing.assert_allclose(mode[..., :2], outputs[..., :2])
    np.testing.assert_array_equal(mode[..., 2], scores[0].argmax(axis=-1))


def test_the_heuristic_plays_beside_the_policy(found):
    """Its rewards and costs are those of the seeds, whatever the form decides."""
    np.testing.assert_array_equal(found["grants beside"], found["parameters beside"])
    assert found["grants beside"].shape == (2, 128, 64)
    assert found["grants beside"][1].mean() > 0.05
