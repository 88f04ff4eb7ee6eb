"""The assignment of users to blocks is the best of all, and no scheduler beats it."""

from itertools import permutations

import numpy as np
import pytest

from blocks.schedulers.assignment import Assignment, build
from blocks.scheduling import SCHEDULERS
from semlink.errors import InputError
from semlink.loop.pool import Demands, Pool, granted, in_order
from semlink.units import db_to_linear

ITSELF, ALONE = "assignment", "single_user"
OTHERS = [name for name in SCHEDULERS.names() if name not in (ITSELF, ALONE)]


def demands_of(rng: np.random.Generator, cells: int, users: int) -> Demands:
    """Users of random demands and states; some ask for nothing : [cells, users]."""
    shape = cells, users
    prior = rng.uniform(0.1, 1, shape)
    prior[rng.random(shape) < 0.5] = np.nan
    zero = np.zeros(shape, int)
    return Demands(
        uses=rng.integers(500, 2_000, shape), most=zero + 1_800,
        least=rng.integers(0, 1_500, shape), transmitter=zero,
        retransmissions=zero, state_db=rng.uniform(-5, 25, shape),
        backlog=rng.integers(0, 4, shape).astype(float),
        wait_slots=rng.uniform(0, 20, shape), left_slots=rng.uniform(0, 20, shape),
        priority=rng.integers(0, 4, shape),
        importance=rng.choice([1.0, 4.0, 16.0], shape), prior=prior,
        gained=zero + 0.0,
        quality=zero + np.nan, alternative=zero - 1, alternative_uses=zero,
        alternative_least=zero, alternative_prior=zero + np.nan,
        needs_db=zero + np.nan, alternative_needs_db=zero + np.nan,
    )  # fmt: skip


def best_by_trial(value: np.ndarray) -> float:
    """Largest sum of values [K, M] over all one-to-one assignments."""
    value = value if value.shape[0] <= value.shape[1] else value.T
    few, many = value.shape
    orders = np.array(list(permutations(range(many), few)))
    return float(value[np.arange(few), orders].sum(axis=-1).max())


def worth(made: Assignment, demands: Demands, shares) -> np.ndarray:
    """Sum of the values of what is granted, for any shares [N, K] : [N]."""
    share = shares.uses / np.maximum(demands.wanted, 1)
    snr = db_to_linear(demands.state_db + shares.power_db)
    return np.sum(made._worth(demands) * share * np.log2(1 + snr), axis=-1)


@pytest.mark.parametrize("users", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("blocks", [None, 1, 2, 4])
def test_it_is_the_best_of_all_assignments(users, blocks):
    made, pool = build(blocks, spread_db=6.0), Pool(4_000, -1.0)
    demands = demands_of(np.random.default_rng(users), 30, users)
    shares, _ = made(demands, pool, None, None)
    values, _ = made.values(demands, made.divided(demands, pool))
    best = [best_by_trial(value) for value in values]
    np.testing.assert_allclose(worth(made, demands, shares), best)
    assert np.std(best) > 0


def test_powers_of_blocks_have_their_mean_and_their_spread():
    made, pool = build(4, spread_db=6.0), Pool(8_000, -2.0)
    demands = demands_of(np.random.default_rng(0), 50, 6)
    power = made.divided(demands, pool).power
    asking = np.minimum(np.sum(demands.backlog > 0, axis=1), 4)
    np.testing.assert_array_equal(np.sum(power > 0, axis=1), np.maximum(asking, 1))
    mean = power.sum(axis=1) / np.maximum(asking, 1)
    np.testing.assert_allclose(mean, db_to_linear(-2.0))
    above = power[asking == 4] - db_to_linear(-16.0)
    np.testing.assert_allclose(above[:, 0] / above[:, 3], db_to_linear(6.0))


def crowd(seed: int, cells: int = 20, users: int = 5) -> tuple[Demands, Pool]:
    """One slot of users whose frames fit whole or not at all, three of them."""
    demands = demands_of(np.random.default_rng(seed), cells, users)
    whole = np.full((cells, users), 1_000)
    return demands._replace(uses=whole, most=whole, least=whole), Pool(3_000)


@pytest.mark.parametrize("name", OTHERS)
def test_no_scheduler_has_more_in_one_slot(name):
    """Whole frames, powers cut at the nominal one: the gap is never below 0."""
    made = build()
    demands, pool = crowd(3)
    three = np.sum(demands.backlog > 0, axis=1) > 3  # else all are served
    demands = Demands(*(part[three] for part in demands))
    best = worth(made, demands, made(demands, pool, None, None)[0])
    draws = np.random.default_rng(0)
    shares, _ = SCHEDULERS.build(name)(demands, pool, None, draws)
    shares = shares._replace(power_db=np.minimum(shares.power_db, 0.0))
    gap = best - worth(made, demands, shares)
    assert gap.min() > -1e-9 * best.max()
    assert len(gap) > 5
    assert gap.max() > 0


def test_no_order_of_users_has_more_on_blocks_of_several_powers():
    """Whoever a scheduler serves, and in whichever order it fills the blocks."""
    made, rng = build(spread_db=9.0), np.random.default_rng(1)
    demands, pool = crowd(4)
    best = worth(made, demands, made(demands, pool, None, None)[0])
    power = made.divided(demands, pool).power
    for _ in range(50):
        score = rng.random(demands.uses.shape)
        score = np.where(demands.backlog > 0, score, -np.inf)
        rank = np.argsort(np.argsort(-score, axis=1), axis=1)
        has = np.take_along_axis(power, np.minimum(rank, power.shape[1] - 1), 1)
        uses = in_order(score, demands, pool) * (rank < power.shape[1])
        shares = granted(demands, uses, 10 * np.log10(np.maximum(has, 1e-9)))
        assert np.all(worth(made, demands, shares) <= best + 1e-9)


def test_parameters_out_of_range_are_refused():
    for bad in ({"blocks": 0}, {"spread_db": -1}, {"urgency": -1}):
        with pytest.raises(InputError, match=next(iter(bad))):
            SCHEDULERS.build("assignment", **bad)
