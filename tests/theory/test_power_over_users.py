"""Closed forms of power over users with different gains, against general solvers."""

import numpy as np
import pytest
from scipy.optimize import minimize

from blocks.powers import filled
from experiments.allocation.power.water_filling import (
    distortion_water_filling,
    rate_water_filling,
    weighted_distortion,
)

CASES = range(12)


def problem(case: int):
    """Weights and noises of 2 to 9 users over three decades, and a total power."""
    rng = np.random.default_rng(case)
    users = int(rng.integers(2, 10))
    weight, noise = 10 ** rng.uniform(-1.5, 1.5, (2, users))
    return weight, noise, 10 ** rng.uniform(-1, 2)


def solved(loss, slope, users: int, total: float) -> np.ndarray:
    """Powers of the least loss, by sequential quadratic programming."""
    found = minimize(
        lambda p: loss(p * total),
        np.full(users, 1 / users),
        jac=lambda p: total * slope(p * total),
        bounds=[(0, 1)] * users,
        constraints={"type": "eq", "fun": lambda p: p.sum() - 1},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    return found.x * total


@pytest.mark.parametrize("case", CASES)
def test_distortion_water_filling_is_the_solvers_optimum(case):
    weight, noise, total = problem(case)

    def loss(power):
        return weighted_distortion(weight, noise, power)

    def slope(power):
        return -weight * noise / (noise + power) ** 2

    ours = distortion_water_filling(weight, noise, total)
    best = solved(loss, slope, len(weight), total)
    assert ours.sum() == pytest.approx(total, rel=1e-12)
    assert loss(ours) <= loss(best) * (1 + 1e-12)
    np.testing.assert_allclose(ours, best, atol=2e-3 * total)


@pytest.mark.parametrize("case", CASES)
def test_rate_water_filling_is_the_solvers_optimum(case):
    _, noise, total = problem(case)

    def loss(power):
        return -np.sum(np.log1p(power / noise))

    def slope(power):
        return -1 / (noise + power)

    ours = rate_water_filling(noise, total)
    best = solved(loss, slope, len(noise), total)
    assert ours.sum() == pytest.approx(total, rel=1e-12)
    assert loss(ours) <= loss(best) + 1e-10
    np.testing.assert_allclose(ours, best, atol=2e-3 * total)


@pytest.mark.parametrize("case", CASES)
def test_the_multiplier_is_the_same_for_all_active_users(case):
    weight, noise, total = problem(case)
    power = distortion_water_filling(weight, noise, total)
    price = weight * noise / (noise + power) ** 2
    active = power > 0
    assert np.ptp(price[active]) < 1e-9 * price[active].max()
    assert np.all(price[~active] <= price[active].max())


def test_some_users_are_left_out_and_others_are_not():
    powers = [distortion_water_filling(*problem(case)) for case in CASES]
    assert {0 in power for power in powers} == {True, False}


def test_one_law_at_equal_gains_is_the_square_root_of_the_weight():
    weight = np.array([1.0, 4.0, 16.0, 64.0])
    power = distortion_water_filling(weight, np.full(4, 1e-6), 1.0)
    np.testing.assert_allclose(power / power[0], np.sqrt(weight), rtol=1e-4)


def test_many_problems_at_once_are_each_of_them():
    rng = np.random.default_rng(1)
    slope, noise = 10 ** rng.uniform(-2, 2, (2, 3, 5, 6))
    together = filled(slope, noise, 2.0)
    for where in np.ndindex(3, 5):
        np.testing.assert_allclose(
            together[where], filled(slope[where], noise[where], 2.0), rtol=1e-12
        )
