"""Schedulers reach what is known of them in closed form."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.integrate import quad
from scipy.optimize import brentq
from sionna.sys import PFSchedulerSUMIMO

from blocks.schedulers.drift_plus_penalty import build as drift_plus_penalty
from blocks.schedulers.proportional_fair import build as proportional_fair
from blocks.scheduling import SCHEDULERS
from semlink.loop.pool import Demands, Pool, Scheduler
from semlink.units import db_to_linear, linear_to_db


def fluid(snr, backlog) -> Demands:
    """Users that ask for one channel use each, and wait for so many bits."""
    snr, zero = np.asarray(snr, float), np.zeros(np.shape(snr), int)
    with np.errstate(divide="ignore"):
        state_db = linear_to_db(snr)
    return Demands(
        uses=zero + 1, most=zero + 1, least=zero, transmitter=zero,
        retransmissions=zero, state_db=state_db,
        backlog=np.broadcast_to(np.asarray(backlog, float), snr.shape),
        wait_slots=zero + 0.0, left_slots=zero + np.inf, priority=zero,
        importance=zero + 1.0, prior=zero + np.nan, gained=zero + 0.0,
        quality=zero + np.nan, alternative=zero - 1, alternative_uses=zero,
        alternative_least=zero, alternative_prior=zero + np.nan,
        needs_db=zero + np.nan, alternative_needs_db=zero + np.nan,
    )  # fmt: skip


ONE = Pool(1, 15.0)  # a channel use in each slot


def mean_rates(scheduler: Scheduler, users: int, mean_snr: float, slots: int):
    """Mean rates over i.i.d. Rayleigh fading after a warm-up : [10, K]."""
    rng, memory, total = np.random.default_rng(users), None, 0.0
    warm = slots // 4
    for slot in range(warm + slots):
        demands = fluid(rng.exponential(mean_snr, (10, users)), 1.0)
        shares, memory = scheduler(demands, Pool(1), memory, rng)
        if slot >= warm:
            total = total + shares.uses * demands.rate
    return total / slots


def best_of(users: int, mean_snr: float) -> float:
    """E[log2(1 + g)] of the best of so many Rayleigh channels, for each of them."""

    def density(x):
        one = np.exp(-x) * (1 - np.exp(-x)) ** (users - 1)
        return np.log2(1 + mean_snr * x) * one

    return quad(density, 0, 60)[0]


def test_proportional_fairness_gives_each_its_share_of_the_best():
    found = mean_rates(proportional_fair(0.99), 3, 1.0, 1_000)
    assert found.mean() == pytest.approx(best_of(3, 1.0), rel=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("users", [2, 4, 8, 16])
@pytest.mark.parametrize("snr_db", [-25.0, 0.0, 10.0])
def test_proportional_fairness_for_more_users(users, snr_db):
    snr = db_to_linear(snr_db)
    found = mean_rates(SCHEDULERS.build("proportional_fair"), users, snr, 20_000)
    assert found.mean() == pytest.approx(best_of(users, snr), rel=0.015)
    if snr_db < -20:  # there, rates are linear: H_K / K of the mean rate
        own = quad(lambda x: np.log2(1 + snr * x) * np.exp(-x), 0, 60)[0]
        harmonic = sum(1 / k for k in range(1, users + 1)) / users
        assert found.mean() == pytest.approx(harmonic * own, rel=0.02)


def test_proportional_fairness_decides_as_sionna():
    """Sionna's scheduler, whose rates of the last slot are fed to it."""
    users, beta, rng = 5, 0.9, np.random.default_rng(1)
    theirs = PFSchedulerSUMIMO(users, 1, 1, beta=beta, precision="double")
    ours, memory = proportional_fair(beta), None
    last = np.ones(users)  # its past before the first slot
    for _ in range(60):
        demands = fluid(rng.exponential(1.0, users), 1.0)
        served = theirs(tf.constant(last), tf.constant(demands.rate[None, None]))
        shares, memory = ours(demands, Pool(1), memory, rng)
        np.testing.assert_array_equal(served.numpy().ravel(), shares.uses == 1)
        last = shares.uses * demands.rate


def queues_after(scheduler: Scheduler, load: float, slots: int) -> np.ndarray:
    """Queues of two on-off users at a load of the boundary : [B, 2]."""
    rng, queue, memory = np.random.default_rng(3), np.zeros((40, 2)), None
    arrivals = load * 0.375  # the boundary: one of two fair channels is on
    for _ in range(slots):
        on = rng.random(queue.shape) < 0.5
        shares, memory = scheduler(fluid(on, queue), ONE, memory, rng)
        queue = np.maximum(queue - shares.uses * on, 0.0)
        queue = queue + (rng.random(queue.shape) < arrivals)
    return queue


@pytest.mark.slow
def test_max_weight_is_stable_inside_the_region_and_no_further():
    made, slots = SCHEDULERS.build("max_weight"), 40_000
    inside = queues_after(made, 0.95, slots)
    assert inside.mean() < 40
    outside = queues_after(made, 1.05, slots)
    distance = 0.05 * 0.75 / np.sqrt(2)  # from the load to the region
    growth = np.linalg.norm(outside, axis=1).mean() / slots
    assert growth == pytest.approx(distance, rel=0.1)
    # an order that knows no queues and no channels loses the gain of their best
    assert queues_after(SCHEDULERS.build("random"), 0.95, slots).mean() > 400


MEAN, LOAD = 0.1, 0.5  # Es/N0 at nominal power, and bits in a slot


def least_power() -> tuple[float, float]:
    """Least mean power for the load by water-filling, and its level."""

    def over(level, f):
        return quad(lambda x: f(x) * np.exp(-x / MEAN) / MEAN, 1 / level, np.inf)[0]

    level = brentq(lambda v: over(v, lambda x: np.log2(v * x)) - LOAD, 1e-3, 1e4)
    return over(level, lambda x: level - 1 / x), level


def gap_and_backlog(v: float, level: float, slots: int) -> tuple[float, float]:
    """Mean power over the least one, and mean backlog, after a warm-up.

    The gap is that of Lagrangians, whose difference to the optimum has little noise.
    """
    rng, made = np.random.default_rng(int(v)), drift_plus_penalty(v, urgency=0)
    price = level * np.log(2)
    queue, gaps, backlogs = np.full((32, 1), v * price), [], []
    for slot in range(int(200 * v) + slots):
        g = rng.exponential(MEAN, queue.shape)
        shares, _ = made(fluid(g, queue), ONE, None, None)
        p = shares.uses * db_to_linear(shares.power_db)
        best = np.maximum(level - 1 / g, 0)
        if slot >= 200 * v:
            gaps.append(lagrangian(p, g, price) - lagrangian(best, g, price))
            backlogs.append(queue)
        queue = np.maximum(queue - np.log2(1 + p * g), 0) + LOAD
    return float(np.mean(gaps)), float(np.mean(backlogs))


def lagrangian(p, g, price):
    return p - price * np.log2(1 + p * g)


@pytest.mark.slow
def test_drift_plus_penalty_trades_power_for_backlog():
    """Over V, the gap of the power falls as 1 / V, and the backlog grows as V."""
    power, level = least_power()
    prices = np.array([5.0, 10.0, 20.0, 40.0, 80.0])
    found = np.array([gap_and_backlog(v, level, int(800 * v)) for v in prices])
    assert np.all(found[:, 0] > 0)
    assert found[0, 0] < 0.05 * power
    slopes = np.polyfit(np.log(prices), np.log(found), 1)[0]
    assert slopes[0] == pytest.approx(-1, abs=0.1)
    assert slopes[1] == pytest.approx(1, abs=0.1)


def test_drift_plus_penalty_holds_a_mean_power():
    rng, made, memory = np.random.default_rng(0), drift_plus_penalty(0.0, 0, -3.0), None
    spent, slots = 0.0, 1_000
    for _ in range(slots):
        demands = fluid(rng.exponential(1.0, (4, 3)), 5.0)
        shares, memory = made(demands, ONE, memory, rng)
        spent = spent + np.sum(shares.uses * db_to_linear(shares.power_db), -1)
    np.testing.assert_allclose(spent / slots, db_to_linear(-3.0), rtol=0.05)


def test_water_filling_is_the_optimum_of_its_law():
    """No transfer of power between two users improves either law."""
    rng, step = np.random.default_rng(5), 1e-4
    for name in ("water_filling", "distortion_water_filling"):
        made = SCHEDULERS.build(name)
        for _ in range(40):
            demands = fluid(db_to_linear(rng.uniform(-5, 20, 6)), 1.0)
            demands = demands._replace(
                uses=np.full(6, 50),
                most=np.full(6, 50),
                importance=rng.choice([1, 4], 6),
            )
            shares, _ = made(demands, Pool(300), None, None)
            g, w = db_to_linear(demands.state_db), demands.importance
            p = shares.uses / 50 * db_to_linear(shares.power_db)
            assert p.sum() == pytest.approx(6, rel=0.02)
            worst = np.inf
            for i, j in np.ndindex(6, 6):
                moved = p.copy()
                moved[i] -= step
                moved[j] += step
                if moved[i] >= 0.03 and p[j] > 0:  # a grant expresses no less
                    worst = min(worst, cost(name, moved, g, w) - cost(name, p, g, w))
            assert worst > -1e-8


def cost(name: str, p, g, w) -> float:
    if name == "water_filling":
        return -np.sum(np.log2(1 + p * g))
    return np.sum(w / (1 + p * g))
