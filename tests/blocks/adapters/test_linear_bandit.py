"""LinUCB: its regret, and TF-Agents' own on the same data."""

import numpy as np
import pytest

from blocks.adapters.features import KNOTS_DB, features
from blocks.adapters.linear_bandit import (
    MOST_ARMS,
    empty_bank,
    upper_bounds,
)
from semlink.loop.agents import Arm
from semlink.signalling.messages import TaskProfile

ARMS, D = tuple(Arm(k, 1000) for k in range(5)), 4


def regrets(alpha: float | None, frames: int, seed: int) -> np.ndarray:
    """Regret of each frame of a stationary linear problem; at random without alpha."""
    rng = np.random.default_rng(seed)
    theta = rng.normal(0, 0.5, (len(ARMS), D))
    bank, regret = empty_bank(D).with_arms(ARMS), np.zeros(frames)
    for frame in range(frames):
        x = rng.normal(0, 0.5, D)
        row = rng.integers(len(ARMS))
        if alpha is not None:
            row = int(np.argmax(upper_bounds(bank.a, bank.b, x, alpha, 1.0)))
        means, noise = theta @ x, 0.3 * rng.normal()
        if alpha is not None:
            bank = bank.learnt(ARMS[row], x, means[row] + noise, 1.0)
        regret[frame] = means.max() - means[row]
    return regret


def test_regret_grows_more_slowly_than_time():
    """Its mean falls by a third and more from part to part; far below random."""
    learnt = np.mean([regrets(0.3, 1200, seed) for seed in range(2)], axis=0)
    drawn = np.mean([regrets(None, 1200, seed) for seed in range(2)], axis=0)
    first, second, third = (
        part.mean() for part in (learnt[:100], learnt[100:400], learnt[400:])
    )
    assert first > 1.5 * second > 1.5 * third
    assert learnt.sum() < 0.25 * drawn.sum()


def test_a_bound_is_that_of_ridge_regression():
    rng = np.random.default_rng(3)
    bank = empty_bank(D).with_arms(ARMS[:1])
    x, r = rng.normal(size=(20, D)), rng.normal(size=20)
    for features_of_one, reward in zip(x, r, strict=True):
        bank = bank.learnt(ARMS[0], features_of_one, reward, 1.0)
    inverse, now = np.linalg.inv(x.T @ x + 0.3 * np.eye(D)), rng.normal(size=D)
    wanted = r @ x @ inverse @ now + 2 * np.sqrt(now @ inverse @ now)
    bound = upper_bounds(bank.a, bank.b, now, 2.0, 0.3)
    np.testing.assert_allclose(bound, [wanted])


def test_what_waits_narrows_a_bound_and_moves_no_mean():
    bank, x = empty_bank(D).with_arms(ARMS[:1]), np.ones(D)
    bank = bank.learnt(ARMS[0], x, 0.7, 1.0)
    waiting = np.outer(x, x)[None]
    bounds = {
        alpha: [upper_bounds(bank.a, bank.b, x, alpha, 1.0, w)[0] for w in (0, waiting)]
        for alpha in (0.0, 1.0)
    }
    assert bounds[0.0][0] == bounds[0.0][1]
    assert bounds[1.0][0] > bounds[1.0][1] > bounds[0.0][0]


def test_a_discount_forgets():
    bank, x = empty_bank(D).with_arms(ARMS[:2]), np.ones(D)
    bank = bank.learnt(ARMS[0], x, 1.0, 0.5)
    later = bank.learnt(ARMS[1], x, 1.0, 0.5)
    np.testing.assert_array_equal(later.a[0], 0.5 * bank.a[0])
    np.testing.assert_array_equal(later.b[1], x)


def test_a_bank_keeps_the_arms_that_are_asked_for():
    bank = empty_bank(D).with_arms(ARMS).learnt(ARMS[0], np.ones(D), 1.0, 1.0)
    others = [Arm(9, uses) for uses in range(MOST_ARMS - 1)]
    full = bank.with_arms((ARMS[0], *others))
    assert len(full.arms) == MOST_ARMS
    assert full.arms[0] == ARMS[0]
    np.testing.assert_array_equal(full.b[0], np.ones(D))


def test_features_are_lines_between_the_knots():
    states = np.linspace(KNOTS_DB[0], KNOTS_DB[-1], 57)
    x = np.array([features(TaskProfile(), state) for state in states])
    np.testing.assert_allclose(x[:, :-2] @ KNOTS_DB, states, atol=1e-9)
    np.testing.assert_allclose(x[:, :-2].sum(axis=1), 1)
    wide = features(TaskProfile(), 10.0, 3.0)[:-2]
    assert wide @ KNOTS_DB == pytest.approx(10, abs=0.05)
    assert wide.max() < features(TaskProfile(), 10.0)[:-2].max()


@pytest.mark.slow
@pytest.mark.parametrize("gamma", [1.0, 0.95])
def test_tf_agents_computes_the_same(gamma, monkeypatch):
    """The same sums and the same arms, over 60 frames of its own choices."""
    tf = pytest.importorskip("tensorflow")
    ucb = pytest.importorskip("tf_agents.bandits.agents.lin_ucb_agent")
    from tf_agents.specs import BoundedTensorSpec, TensorSpec
    from tf_agents.trajectories import StepType, Trajectory, time_step

    # it prints a loss by a name that Keras 3 has not; the sums do not depend on it
    loss = "mean_squared_error"
    monkeypatch.setattr(tf.losses, loss, lambda *_: tf.zeros([]), raising=False)
    rng, alpha, ridge = np.random.default_rng(5), 0.4, 0.7
    agent = ucb.LinearUCBAgent(
        time_step.time_step_spec(TensorSpec([D], tf.float32)),
        BoundedTensorSpec((), tf.int32, 0, len(ARMS) - 1),
        alpha=alpha,
        gamma=gamma,
        tikhonov_weight=ridge,
        dtype=tf.float64,
    )
    bank, theta = empty_bank(D).with_arms(ARMS), rng.uniform(0, 1, (len(ARMS), D))
    for _ in range(60):
        x = rng.uniform(0, 1, D).astype(np.float32)
        row = int(np.argmax(upper_bounds(bank.a, bank.b, x, alpha, ridge)))
        step = agent.policy.action(time_step.restart(tf.constant(x[None]), 1))
        reward = np.float32(theta[row] @ x + 0.1 * rng.normal())
        assert step.action.numpy().tolist() == [row]
        agent.train(
            Trajectory(
                step_type=tf.constant([[StepType.FIRST]]),
                observation=tf.constant(x[None, None]),
                action=tf.constant([[row]]),
                policy_info=step.info,
                next_step_type=tf.constant([[StepType.LAST]]),
                reward=tf.constant([[reward]]),
                discount=tf.constant([[1.0]]),
            )
        )
        bank = bank.learnt(ARMS[row], x.astype(float), float(reward), gamma)
    np.testing.assert_allclose(bank.a, np.array(agent.cov_matrix), rtol=1e-5)
    np.testing.assert_allclose(bank.b, np.array(agent.data_vector), rtol=1e-5)
