"""The bound on the risk of a rule, on populations whose risk is known."""

import re

import numpy as np
import pytest
from scipy.stats import binom

from semlink.errors import InputError
from semlink.loop.risk import Rule, calibrated, furthest, p_value

DELTA = 0.1


def population(rng, n: int, binary: bool):
    """A doubt d, uniform in [0, 1], its losses, and a doubt that says nothing.

    A loss is 1 with probability d, or min(2 d u, 1) for uniform u.
    """
    doubt, draw = rng.random(n), rng.random(n)
    losses = (draw < doubt) * 1.0 if binary else np.minimum(2 * doubt * draw, 1)
    return {"good": doubt, "noise": rng.random(n)}, losses


def true_risk(rule: Rule, binary: bool) -> float:
    """Risk of a rule, by integration over a fine grid of doubts."""
    mean = conditional_mean(binary)
    if rule.doubt == "noise":
        return mean.mean() if rule.threshold > 0 else 0.0
    grid = (np.arange(len(mean)) + 0.5) / len(mean)
    own = mean[grid <= rule.threshold]
    return own.mean() if own.size else 0.0


def conditional_mean(binary: bool) -> np.ndarray:
    """Mean loss on a grid of doubts."""
    d = (np.arange(4000) + 0.5) / 4000
    return d if binary else np.where(d <= 0.5, d, 1 - 1 / (4 * d))


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("epsilon", [0.3, 0.45])
def test_the_risk_is_above_epsilon_in_at_most_delta_of_the_calibrations(
    epsilon, binary
):
    failed, taken = [], []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        doubts, losses = population(rng, 400, binary)
        rule = calibrated(doubts, losses, epsilon, DELTA, rng)
        failed.append(true_risk(rule, binary) > epsilon)
        taken.append(rule.takes(doubts).mean())
    # 99 % of binomial counts of probability DELTA are below
    assert sum(failed) <= binom.ppf(0.99, len(failed), DELTA)
    assert np.mean(taken) > epsilon / 2  # a quarter of what the best rule takes


def test_a_bound_without_the_test_would_fail():
    """The largest threshold whose mean loss is at most epsilon is too large by half."""
    failed = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        doubts, losses = population(rng, 150, True)
        order = np.argsort(doubts["good"])
        mean = np.cumsum(losses[order]) / np.arange(1, len(order) + 1)
        threshold = doubts["good"][order][np.flatnonzero(mean <= 0.3)[-1]]
        failed.append(true_risk(Rule("good", threshold), True) > 0.3)
    assert np.mean(failed) > 3 * DELTA


@pytest.mark.parametrize("binary", [True, False])
def test_p_values_are_valid(binary):
    """At the edge of the hypothesis, P(p <= a) <= a."""
    rng, epsilon = np.random.default_rng(1), 0.2
    draws = rng.random((4000, 60))
    losses = (draws < epsilon).astype(float) if binary else draws**4  # mean 0.2
    p = np.array([p_value(own, epsilon) for own in losses])
    for level in (0.05, 0.1, 0.3):
        assert np.mean(p <= level) <= level + 3 * np.sqrt(level / len(p))


def test_the_p_value_of_binary_losses_is_binomial():
    losses = np.repeat([1.0, 0.0], [3, 47])
    assert p_value(losses, 0.2) == pytest.approx(binom.cdf(3, 50, 0.2))
    # the bounds for any losses are above it
    assert p_value(np.minimum(losses, 0.999), 0.2) > p_value(losses, 0.2)


def test_p_values_fall_with_epsilon_and_with_evidence():
    losses = np.tile([0.1, 0.3, 0.05], 10)
    rising = [p_value(losses, epsilon) for epsilon in (0.1, 0.2, 0.3, 0.5)]
    assert rising == sorted(rising, reverse=True)
    assert p_value(np.tile(losses, 3), 0.3) < p_value(losses, 0.3)
    assert p_value(losses[:0], 0.3) == 1


def test_thresholds_rise_with_epsilon_and_delta():
    rng = np.random.default_rng(2)
    doubts, losses = population(rng, 400, False)
    grid = np.linspace(0.1, 1, 19)

    def found(epsilon, delta):
        return furthest(doubts["good"], losses, grid, epsilon, delta)

    by_epsilon = [found(e, DELTA) for e in (0.02, 0.1, 0.2, 0.3, 0.45)]
    by_delta = [found(0.2, d) for d in (1e-6, 0.01, 0.1, 0.5)]
    assert by_epsilon == sorted(by_epsilon)
    assert by_delta == sorted(by_delta)
    assert by_epsilon[0] == -np.inf < by_epsilon[-1]


def test_the_better_doubt_is_chosen():
    doubts, losses = population(np.random.default_rng(3), 600, True)
    rule = calibrated(doubts, losses, 0.3, DELTA, np.random.default_rng(0))
    assert rule.doubt == "good"
    taken = rule.takes(doubts)
    assert 0.3 < taken.mean() < 0.6
    np.testing.assert_array_equal(taken, doubts["good"] <= rule.threshold)


def test_without_evidence_nothing_is_taken():
    doubts = {"flat": np.arange(20.0)}
    rule = calibrated(doubts, np.ones(20), 0.2, DELTA, np.random.default_rng(0))
    assert rule.threshold == -np.inf
    assert not rule.takes(doubts).any()


GOOD = {"doubts": {"d": np.zeros(4)}, "losses": np.zeros(4)}


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"epsilon": 0.0}, "epsilon must be between 0 and 1, got 0"),
        ({"epsilon": 1.5}, "epsilon must be between 0 and 1, got 1.5"),
        ({"delta": 1.0}, "delta must be between 0 and 1, got 1"),
        (
            {"losses": np.zeros(0), "doubts": {"d": np.zeros(0)}},
            "calibration must have 2 samples or more, got 0",
        ),
        ({"losses": np.array([0, 0, 2.0, 0])}, "losses must be from 0 to 1, got 2"),
        (
            {"doubts": {"d": np.zeros(3)}},
            "doubt d must be 4 finite numbers, got 3",
        ),
    ],
)
def test_bad_input_is_one_line(given, line):
    given = {"epsilon": 0.2, "delta": 0.1, **GOOD} | given
    with pytest.raises(InputError, match="^" + re.escape(line) + "$"):
        calibrated(**given, draws=np.random.default_rng(0))
