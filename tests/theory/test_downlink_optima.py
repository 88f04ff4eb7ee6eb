"""Optima of the downlink against brute force and general solvers."""

from itertools import permutations, product

import numpy as np
import pytest
from scipy.optimize import minimize

from experiments.allocation.downlink.bandwidth import (
    Users,
    best_bandwidths,
    best_widths,
    limits,
    slope,
)
from experiments.allocation.downlink.cell import Cell, Decision, Scenes, scenes, served
from experiments.allocation.downlink.optima import (
    equally,
    exhaustive,
    hungarian,
    payoffs,
    searched_shares,
)
from experiments.allocation.downlink.qos import BITS, Needs, quality

NEEDS = Needs()


def test_linear_assignment_is_the_best_of_all_assignments():
    cell = Cell(users=3, subchannels=4, antennas=1)
    scene = scenes(np.random.default_rng(0), 30, cell)
    best = np.zeros(30)
    for place in permutations(range(4), 3):
        for bits in product(BITS[:4], repeat=3):
            shape = (np.tile(place, (30, 1)), np.tile(bits, (30, 1)))
            best = np.maximum(best, served(scene, equally(*shape), cell.needs))
    ours = served(scene, hungarian(scene, cell), cell.needs)
    assert np.all(best > 0)
    np.testing.assert_allclose(ours, best, rtol=1e-12)


def test_payoffs_are_what_is_served():
    cell = Cell(users=3, subchannels=3, antennas=2)
    scene = scenes(np.random.default_rng(1), 20, cell)
    bits, value = payoffs(scene, cell)
    own = np.tile(np.arange(3), (20, 1))
    diagonal = np.diagonal(bits, axis1=1, axis2=2)
    sums = served(scene, equally(own, diagonal), cell.needs)
    np.testing.assert_allclose(np.trace(value, axis1=1, axis2=2), sums, rtol=1e-12)
    assert 0 < np.mean(value > 0) < 1


def users(count: int, seed: int, weakest: float = 10.0) -> Users:
    """Users of whom all can count at once, if the weakest is strong enough."""
    rng = np.random.default_rng(seed)
    strength = weakest * 10 ** rng.uniform(0, 1.2, (count, 4))
    bits = rng.integers(2, 5, (count, 4))
    return Users(bits, rng.uniform(2, 8, (count, 4)), strength)


def qos(width, one: Users) -> float:
    parts = one.bits, one.features, width, one.strength / width
    return quality(*parts, NEEDS)


def test_the_multiplier_gives_the_solvers_bandwidths():
    many = users(12, 0)
    low, high = limits(many, NEEDS)
    possible = (low.sum(axis=1) < 1) & np.all(low < high, axis=1)
    assert possible.sum() >= 6
    for i in np.flatnonzero(possible):
        one, lows, highs = Users(*(v[i] for v in many)), low[i], high[i]
        ours = best_widths(one, lows, highs, NEEDS)
        start = lows + (highs - lows) * min(1, (1 - lows.sum()) / (highs - lows).sum())
        found = minimize(
            lambda w, one=one: -qos(w, one).sum(),
            start * (1 - 1e-9),
            jac=lambda w, one=one: -slope(w, one, NEEDS),
            bounds=list(zip(lows, highs, strict=True)),
            constraints={"type": "ineq", "fun": lambda w: 1 - w.sum()},
            method="SLSQP",
            options={"ftol": 1e-13, "maxiter": 300},
        )
        assert ours.sum() <= 1 + 1e-9
        assert qos(ours, one).sum() >= -found.fun - 1e-7
        np.testing.assert_allclose(ours, found.x, atol=2e-3)


def test_the_slope_is_that_of_the_qos_and_falls():
    many = users(200, 1, weakest=0.5)
    low, high = limits(many, NEEDS)
    counts = low < high
    inside = np.linspace(0.001, 0.999, 50)[:, None, None]
    width = low + (high - low) * inside
    step = 1e-5 * width
    difference = (qos(width + step, many) - qos(width - step, many)) / (2 * step)
    ours = slope(width, many, NEEDS)
    assert 0.3 < counts.mean() < 1
    np.testing.assert_allclose(
        ours[:, counts], difference[:, counts], rtol=1e-3, atol=1e-4
    )
    assert np.all(np.diff(ours[:, counts], axis=0) < 0)


def test_users_count_within_the_limits_alone():
    many = users(200, 2)
    low, high = limits(many, NEEDS)
    counts = low < high * 0.99
    for width in (low * 1.001, np.minimum(high * 0.999, 1)):
        assert np.all(qos(width, many)[counts] > 0)
    assert np.all(qos(low * 0.999, many) == 0)
    assert np.all(qos(high * 1.001, many)[high < 1] == 0)


def test_no_bandwidths_of_a_fine_grid_are_better():
    rng = np.random.default_rng(3)
    bits, strength = np.full((40, 2), 3), 4 * 10 ** rng.uniform(-1.5, 1, (40, 2))
    two = Users(bits, rng.uniform(2, 8, (40, 2)), strength)
    shares = best_bandwidths(two, NEEDS)
    first = np.linspace(1e-4, 1 - 1e-4, 4001)[:, None]
    grid = np.stack([first, 1 - first], axis=-1)
    # and some that spend less than all
    grid = np.concatenate([grid, 0.8 * grid, 0.5 * grid])
    best = qos(grid, two).sum(axis=-1).max(axis=0)
    ours = qos(np.maximum(shares, 1e-9), two).sum(axis=-1)
    assert np.all(ours >= best - 1e-7)
    spent = shares.sum(axis=1) > 1 - 1e-6
    np.testing.assert_allclose(ours[spent], best[spent], atol=1e-3)
    assert set(spent) == {False, True}
    served_users = np.sum(shares > 0, axis=1)
    assert set(served_users) == {0, 1, 2}


@pytest.fixture(scope="module")
def small():
    """A cell of two users and three subchannels, its scenes and their optimum."""
    cell = Cell(2, 3, 4, snr_db=6.0, needs=Needs(deadline=5.0))
    scene = scenes(np.random.default_rng(4), 6, cell)
    return cell, scene, exhaustive(scene, cell)


def test_no_random_decision_beats_the_exhaustive_search(small):
    cell, scene, best = small
    rng, top = np.random.default_rng(5), served(scene, best, cell.needs)
    count = 20_000
    for i in range(len(top)):
        same = Scenes(*(np.repeat(v[i : i + 1], count, axis=0) for v in scene))
        power, width = rng.beta(1, 1, (2, count, 1))
        tried = Decision(
            rng.integers(3, size=(count, 2)),
            rng.integers(1, 6, (count, 2)),
            np.concatenate([power, 1 - power], axis=1),
            np.concatenate([width, 1 - width], axis=1),
        )
        values = served(same, tried, cell.needs)
        assert values.max() <= top[i] + 1e-3
        assert values.max() >= top[i] - 0.05


def test_the_search_on_given_subchannels_is_at_most_the_whole(small):
    cell, scene, best = small
    top = served(scene, best, cell.needs)
    again = searched_shares(scene, cell, best.subchannel)
    other = searched_shares(scene, cell, (best.subchannel + [0, 1]) % 3)
    np.testing.assert_allclose(served(scene, again, cell.needs), top)
    less = served(scene, other, cell.needs)
    assert np.all(less <= top)
    assert np.any(less < top - 0.01)
