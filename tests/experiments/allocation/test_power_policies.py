"""Policies of power: budgets, permutations, and how good they are."""

import numpy as np
import pytest

from experiments.allocation.learned import shared_by
from experiments.allocation.nets import deep_set
from experiments.allocation.power import policies as known
from experiments.allocation.power.draws import Draws, drawn, generator
from experiments.allocation.power.features import FEATURES, features
from experiments.allocation.power.shares import make_network, policy_of, trained


def random_actor():
    """Weights of an actor of SAC, none of them zero."""
    rng = np.random.default_rng(0)
    shapes = [(FEATURES, 8), (8,), (8, 8), (8,), (8, 8), (8, 1), (1,)]
    return [rng.normal(size=shape) for shape in shapes]


def network_policy():
    import keras

    keras.utils.set_random_seed(3)
    network = make_network()
    rng = np.random.default_rng(3)
    network.set_weights([rng.normal(size=w.shape) for w in network.get_weights()])
    return policy_of(network)


POLICIES = {
    "equal": lambda: known.equal,
    "importance": lambda: known.by_importance(0.5),
    "rate": lambda: known.rate,
    "optimum": lambda: known.optimum,
    "sac": lambda: shared_by(random_actor()),
    "network": network_policy,
}


@pytest.mark.parametrize("users", [2, 7])
@pytest.mark.parametrize("name", [*POLICIES, "random"])
def test_no_policy_breaks_the_budget(name, users):
    made = POLICIES | {"random": lambda: known.at_random(np.random.default_rng(0))}
    draws = drawn(np.random.default_rng(1), 300, users, 10.0)
    power = made[name]()(draws)
    assert power.shape == (300, users)
    assert np.all(power >= 0)
    np.testing.assert_allclose(power.sum(axis=1), users, rtol=1e-6)


@pytest.mark.parametrize("name", POLICIES)
def test_permuted_users_get_the_permuted_powers(name):
    policy, draws = POLICIES[name](), drawn(np.random.default_rng(2), 50, 5, 10.0)
    order = np.array([3, 0, 4, 1, 2])
    power = policy(draws)
    permuted = policy(Draws(*(part[:, order] for part in draws)))
    np.testing.assert_allclose(permuted, power[:, order], rtol=1e-4, atol=1e-5)
    if name != "equal":
        assert np.ptp(power) > 0.1


@pytest.mark.parametrize("name", ["sac", "network", "optimum"])
def test_a_common_factor_of_the_weights_changes_no_power(name):
    policy, draws = POLICIES[name](), drawn(np.random.default_rng(2), 50, 5, 10.0)
    louder = draws._replace(importance=7 * draws.importance)
    np.testing.assert_allclose(policy(louder), policy(draws), rtol=1e-4, atol=1e-5)


def test_nobody_is_below_the_optimum():
    draws = drawn(np.random.default_rng(3), 300, 6, 10.0)
    best = known.distortion(known.optimum, draws)
    for made in POLICIES.values():
        assert np.all(known.distortion(made(), draws) >= best * (1 - 1e-6))


def test_the_exponent_is_the_best_of_the_grid():
    draws = drawn(np.random.default_rng(4), 2000, 6, 20.0)
    tuned = known.tuned_exponent([draws])
    assert 0.4 < tuned < 0.8
    best = known.gap_percent(known.by_importance(tuned), draws)
    for away in (-0.1, 0.1):
        assert known.gap_percent(known.by_importance(tuned + away), draws) > best


def test_gains_are_rayleigh_and_levels_are_those_of_importance():
    draws = drawn(np.random.default_rng(5), 20_000, 3, 10.0)
    gain = 0.1 / draws.noise
    assert gain.mean() == pytest.approx(1, abs=0.02)
    assert np.mean(gain > 1) == pytest.approx(np.exp(-1), abs=0.01)
    assert set(np.unique(draws.importance)) == {1, 4, 16, 64}
    assert draws.deviation.min() >= 0.25
    assert draws.deviation.max() <= 1


def test_a_role_has_draws_of_its_own():
    one, same, other = (
        drawn(generator(1, role), 4, 3, 0.0).noise for role in ("a", "a", "b")
    )
    np.testing.assert_array_equal(one, same)
    assert np.all(one != other)


def test_the_deep_set_is_written_out():
    weights = random_actor()
    seen = np.random.default_rng(6).normal(size=(2, 3, FEATURES))
    first = np.maximum(seen @ weights[0] + weights[1], 0)
    mean = np.stack([first[:, [0, 1, 2]].sum(axis=1) / 3] * 3, axis=1)
    second = np.maximum(first @ weights[2] + weights[3] + mean @ weights[4], 0)
    expected = second @ weights[5] + weights[6]
    np.testing.assert_allclose(deep_set(weights, seen), expected)


@pytest.mark.slow
def test_training_brings_the_network_near_the_optimum_twice_the_same():
    networks = [trained(generator(0, "training"), 0, 150) for _ in range(2)]
    draws = drawn(np.random.default_rng(7), 1000, 8, 10.0)
    gaps = [known.gap_percent(policy_of(one), draws) for one in networks]
    assert gaps[0] == gaps[1]
    assert gaps[0] < 3
    assert known.gap_percent(known.equal, draws) > 40


@pytest.mark.slow
def test_training_is_the_same_for_the_same_seed():
    weights = [
        trained(generator(seed, "training"), seed, 1).get_weights()
        for seed in (0, 0, 1)
    ]
    for one, same, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, same)
        assert np.any(one != other)


def test_features_are_finite_for_the_weakest_user():
    draws = Draws(*(np.array([[v, 1.0]]) for v in (64.0, 0.25, 1e6)))
    assert np.all(np.isfinite(features(draws)))
