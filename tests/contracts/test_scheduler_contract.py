"""Every scheduler keeps its contract."""

import pickle
import random

import numpy as np
import pytest

from blocks.scheduling import SCHEDULERS, scheduler
from experiments.checking.agents import demands_of
from semlink.contracts.schedulers import check_shares
from semlink.errors import InputError
from semlink.loop.pool import Demand, Demands, Pool, Scheduler, stacked

LEARNED = ("ppo_lagrangian", "sac_lagrangian")
every = pytest.mark.parametrize("name", SCHEDULERS.names())
many = pytest.mark.parametrize(
    "name", [name for name in SCHEDULERS.names() if name != "single_user"]
)


def situations(*shape: int, count: int = 40):
    """Demands, and pools from nothing to more than enough."""
    rng = np.random.default_rng(sum(shape))
    for slot in range(count):
        uses = int(rng.choice([0, 1, 5_000, 1_000_000]))
        power_db = float(rng.choice([-30, -3, 0, 6]))
        yield demands_of(rng, *shape), Pool(uses, power_db, slot)


def played(made: Scheduler, *shape: int):
    """Situations, memories and shares."""
    memory = None
    for slot, (demands, pool) in enumerate(situations(*shape)):
        shares, after = made(demands, pool, memory, np.random.default_rng(slot))
        yield demands, pool, memory, shares, after
        memory = after


def assert_same(one, other) -> None:
    """Two memories are equal, whichever objects they share."""
    assert type(one) is type(other)
    if not isinstance(one, tuple):
        np.testing.assert_array_equal(one, other)
        return
    for part, same in zip(one, other, strict=True):
        assert_same(part, same)


@every
@pytest.mark.parametrize("shape", [(1,), (5, 1)])
def test_shares_of_one_user_keep_to_the_pool_and_to_the_profile(name, shape):
    made = SCHEDULERS.build(name)
    assert isinstance(made, Scheduler)
    for demands, pool, _, shares, _ in played(made, *shape):
        check_shares(name, demands, pool, shares)


@many
@pytest.mark.parametrize("shape", [(3,), (16,), (4, 7), (2, 3, 2)])
def test_shares_of_many_users_keep_to_the_pool_and_to_the_profile(name, shape):
    granted = 0
    for demands, pool, _, shares, _ in played(SCHEDULERS.build(name), *shape):
        check_shares(name, demands, pool, shares)
        granted += shares.uses.sum()
    assert granted > 0


@many
def test_an_episode_does_not_depend_on_those_beside_it(name):
    """But for schedulers whose draws are those of all episodes."""
    if name in ("random", "online"):
        return
    alone = [s for *_, s, _ in played(SCHEDULERS.build(name), 4, 5)]
    memory, made = None, SCHEDULERS.build(name)
    for (demands, pool), beside in zip(situations(4, 5), alone, strict=True):
        one = Demands(*(values[2] for values in demands))
        shares, memory = made(one, pool, memory, np.random.default_rng(0))
        for got, expected in zip(shares, beside, strict=True):
            np.testing.assert_allclose(got, expected[2])


@every
@pytest.mark.parametrize("users", [1, 3])
def test_equal_inputs_give_equal_shares(name, users):
    if name == "single_user" and users > 1:
        return
    for slot, (demands, pool, before, shares, after) in enumerate(
        played(SCHEDULERS.build(name), users)
    ):
        kept = pickle.loads(pickle.dumps(before))
        kept_global = random.getstate(), np.random.get_state()[1].tolist()
        draws = np.random.default_rng(slot)
        again, later = SCHEDULERS.build(name)(demands, pool, kept, draws)
        assert pickle.dumps(again) == pickle.dumps(shares)
        assert_same(later, after)
        assert kept_global == (random.getstate(), np.random.get_state()[1].tolist())


@every
def test_a_frame_that_fits_is_served_where_nobody_else_asks(name):
    asks = Demand(uses=9_000, most=20_000, transmitter=2, retransmissions=1, state_db=9)
    made, draws = SCHEDULERS.build(name), np.random.default_rng(0)
    shares, _ = made(stacked([asks]), Pool(50_000), None, draws)
    check_shares(name, stacked([asks]), Pool(50_000), shares)  # power is its choice
    assert (int(shares.uses[0]), int(shares.transmitter[0])) == (9_000, 2)
    if name not in LEARNED:  # of which the scheme is a choice, too
        assert (int(shares.redundancy[0]), int(shares.retransmissions[0])) == (0, 1)
    waits = stacked([asks._replace(backlog=0.0)])
    assert made(waits, Pool(50_000), None, draws)[0].uses[0] == 0


def test_single_user_refuses_others():
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match=r"must have at most one demand, got 2$"):
        scheduler("single_user")(demands_of(rng, 2), Pool(1_000), None, rng)


def test_a_scheduler_that_does_not_exist_is_named():
    with pytest.raises(InputError, match="did you mean 'single_user'"):
        scheduler("single_users")


def test_what_a_scheduler_must_not_return_is_refused():
    demands = stacked([Demand(uses=500, most=800)] * 2)
    pool = Pool(1_000)
    shares, _ = scheduler("round_robin")(demands, pool, None, None)
    check_shares("it", demands, pool, shares)
    wrong = {
        "Shares, got tuple of 5": tuple(shares),
        r"uses of shape \(2,\), got shape \(1,\)": shares._replace(uses=np.array([1])),
        "uses of at least 0, got -5": shares._replace(uses=np.array([-5, 0])),
        "the pool's 1000 channel uses, got 1200": shares._replace(
            uses=np.array([700, 500])
        ),
        "uses that the profile allows, got 900": shares._replace(
            uses=np.array([900, 0])
        ),
        "retransmissions that the profile allows": shares._replace(
            retransmissions=np.array([1, 0])
        ),
        "powers from -16 to 15 dB, got 0 to 20": shares._replace(
            power_db=np.array([0.0, 20.0])
        ),
        "the energy of the pool, got 2.99 of it": shares._replace(
            power_db=np.array([0.0, 6.98])
        ),
    }
    for message, given in wrong.items():
        with pytest.raises(InputError, match=message):
            check_shares("it", demands, pool, given)
