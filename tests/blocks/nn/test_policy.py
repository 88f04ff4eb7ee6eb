"""The channel knowledge base: state, actions, and bit-exactness."""

import numpy as np
import pytest

from blocks.nn import policy
from blocks.nn.jscc import LEVELS
from blocks.nn.policy import FEATURES, NEUTRAL, OFFSETS, Policy, Prospects

CHANNELS, SHAPE = 32, (2, 3, 4)
LAST = LEVELS.index(CHANNELS)


def draw(*shape, seed=0):
    return np.random.default_rng(seed).uniform(0.1, 3, shape)


@pytest.fixture
def sigma():
    return draw(*SHAPE, CHANNELS)


@pytest.fixture
def agent():
    """A policy that does something else at each position."""
    agent = Policy()
    agent.build()
    rng = np.random.default_rng(3)
    agent.set_weights([rng.normal(size=v.shape) / 3 for v in agent.variables])
    return agent


def observed(level, sigma, previous, snr_db=10.0, entropy=None):
    left = Prospects(*map(np.asarray, policy.prospects(sigma)))
    entropy = draw(*SHAPE, seed=4) if entropy is None else entropy
    maps = entropy, level, left, np.full(SHAPE, snr_db), np.zeros((2, 1, 1, 1))
    return np.asarray(policy.observe(*maps, previous, CHANNELS))


def test_prospects_are_sums_over_the_largest(sigma):
    left = policy.prospects(sigma)
    ordered = -np.sort(-sigma, axis=-1)
    for i, count in enumerate(LEVELS[: LAST + 1]):
        unsent = (ordered[..., count:] ** 2).sum(axis=-1)
        np.testing.assert_allclose(left.unsent[..., i], unsent, atol=1e-9)
        sent = ordered[..., :count].sum(axis=-1)
        np.testing.assert_allclose(left.sent[..., i], sent, atol=1e-9)


def test_actions_stay_among_the_levels():
    level = np.broadcast_to(np.arange(LAST + 1), (1, 1, LAST + 1))
    for action, offset in enumerate(OFFSETS):
        after = np.asarray(policy.corrected(level, action, CHANNELS))
        np.testing.assert_array_equal(after, np.clip(level + offset, 0, LAST))


def test_a_state_is_finite_even_where_nothing_is_sent(sigma):
    for level in (0, LAST):
        state = observed(np.full(SHAPE, level), 1e-3 * sigma, np.full(SHAPE, 4))
        assert state.shape == (*SHAPE, FEATURES)
        assert np.all(np.isfinite(state))


def test_expected_errors_are_those_of_a_gaussian_code(sigma):
    """By simulation: latents sent at the power that the joint code gives them."""
    level, snr_db = np.full(SHAPE, 5), 6.0
    left = Prospects(*map(np.asarray, policy.prospects(sigma)))
    everywhere = np.full(SHAPE, snr_db)
    expected = policy.expected_errors(level, left, everywhere, CHANNELS)[NEUTRAL]
    rng, no, count = np.random.default_rng(1), 10 ** (-snr_db / 10), LEVELS[5]
    ordered = -np.sort(-sigma, axis=-1)
    sent = ordered[..., :count]
    t = count * 12 * (1 + no) / sent.sum(axis=(1, 2, 3), keepdims=True)
    power = t * sent - no
    assert power.min() > 0  # as the closed form takes it to be
    x = rng.normal(size=(4000, *sent.shape))
    r = np.sqrt(power) * x + np.sqrt(no) * rng.normal(size=x.shape)
    error = sent * (x - np.sqrt(power) / (power + no) * r)
    error = (error**2).mean(axis=0).sum(axis=-1)
    error = error + (ordered[..., count:] ** 2).sum(axis=-1)
    np.testing.assert_allclose(expected, error, rtol=0.05)


def test_no_action_is_likeliest_for_all_states(agent, sigma):
    level = np.random.default_rng(2).integers(0, LAST + 1, SHAPE).astype(np.int32)
    actions = np.asarray(agent.actions(lambda a: observed(level, sigma, a), level))
    assert actions.shape == SHAPE
    assert len(np.unique(actions)) > 1


def test_actions_do_not_hang_on_the_last_bits_of_a_state(agent, sigma):
    """As where two ends add up in another order."""
    level = np.full(SHAPE, 4, np.int32)
    noise = 1e-12 * np.random.default_rng(5).normal(size=(*SHAPE, FEATURES))
    exact = agent.actions(lambda a: observed(level, sigma, a), level)
    other = agent.actions(lambda a: observed(level, sigma, a) + noise, level)
    np.testing.assert_array_equal(exact, other)


def test_what_it_sees_changes_with_all_that_it_is_told(sigma):
    level, previous = np.full(SHAPE, 5), np.full(SHAPE, NEUTRAL)
    one = observed(level, sigma, previous)
    others = (
        observed(level + 1, sigma, previous),
        observed(level, 2 * sigma, previous),
        observed(level, sigma, previous + 1),
        observed(level, sigma, previous, snr_db=3.0),
        observed(level, sigma, previous, entropy=draw(*SHAPE, seed=9)),
    )
    for other in others:
        assert np.abs(one - other).max() > 1e-3
