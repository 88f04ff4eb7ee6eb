"""Every scheduler keeps its contract."""

import pickle
import random

import numpy as np
import pytest

from blocks.scheduling import SCHEDULERS, scheduler
from semlink.errors import InputError
from semlink.loop.agents import Arm, Demand, Pool, Scheduler, Setting
from semlink.signalling.messages import Grant, TaskProfile

every = pytest.mark.parametrize("name", SCHEDULERS.names())


def demand(rng: np.random.Generator, user: int) -> Demand:
    uses = int(rng.integers(100, 30_000))
    profile = TaskProfile(
        number=user,
        uses=int(rng.integers(100, 30_000)),
        retransmissions=int(rng.integers(4)),
        priority=int(rng.integers(4)),
    )
    setting = Setting(Arm(int(rng.integers(16)), uses), 0.0, int(rng.integers(4)))
    return Demand(
        user,
        setting,
        profile,
        state_db=[None, 3.0, 20.0][user % 3],
        backlog=int(rng.integers(3)),
        frame=int(rng.integers(256)),
    )


def situations(users: int, count: int = 60):
    """Demands of so many users, and pools from nothing to more than enough."""
    rng = np.random.default_rng(users)
    for slot in range(count):
        uses = int(rng.choice([0, 1, 5_000, 100_000]))
        power_db = float(rng.choice([-30, -3, 0, 6]))
        yield tuple(demand(rng, k) for k in range(users)), Pool(uses, power_db, slot)


def played(made: Scheduler, users: int):
    """Situations, memories and grants; nothing if so many users are refused."""
    memory, steps = None, []
    for slot, (demands, pool) in enumerate(situations(users)):
        try:
            grants, after = made(demands, pool, memory, np.random.default_rng(slot))
        except InputError:
            if users > 1:
                return []
            raise
        steps.append((demands, pool, memory, grants, after))
        memory = after
    return steps


@every
@pytest.mark.parametrize("users", [0, 1, 3])
def test_grants_keep_to_the_pool_and_to_the_profile(name, users):
    made = SCHEDULERS.build(name)
    assert isinstance(made, Scheduler)
    for demands, pool, _, grants, _ in played(made, users):
        assert len(grants) == len(demands)
        assert sum(grant.uses for grant in grants) <= pool.uses
        for asked, grant in zip(demands, grants, strict=True):
            assert isinstance(grant, Grant)
            assert grant.uses <= (asked.profile.uses if asked.backlog else 0)
            assert grant.retransmissions <= asked.profile.retransmissions
            assert grant.power_db <= max(pool.power_db, -16)
            assert (grant.frame, grant.profile) == (asked.frame, asked.profile.number)


@every
@pytest.mark.parametrize("users", [1, 3])
def test_equal_inputs_give_equal_grants(name, users):
    made = SCHEDULERS.build(name)
    for slot, (demands, pool, before, grants, after) in enumerate(played(made, users)):
        kept = pickle.loads(pickle.dumps(before))
        kept_global = random.getstate(), np.random.get_state()[1].tolist()
        draws = np.random.default_rng(slot)
        again, later = SCHEDULERS.build(name)(demands, pool, kept, draws)
        assert again == grants
        assert pickle.dumps(later) == pickle.dumps(after)
        assert kept_global == (random.getstate(), np.random.get_state()[1].tolist())


def test_single_user_grants_what_is_asked_for():
    setting = Setting(Arm(2, 9_000), 1.5, 1)
    asked = Demand(0, setting, TaskProfile(number=3, uses=20_000), frame=255)
    made, draws = scheduler("single_user"), np.random.default_rng(0)
    ((grant,), memory) = made((asked,), Pool(50_000), None, draws)
    assert grant == Grant(
        frame=255, profile=3, transmitter=2, uses=9_000, retransmissions=1
    )
    assert memory is None
    ((waiting,), _) = made((asked._replace(backlog=0),), Pool(50_000), None, draws)
    assert waiting.uses == 0


def test_single_user_refuses_others():
    rng = np.random.default_rng(0)
    demands = demand(rng, 0), demand(rng, 1)
    with pytest.raises(InputError, match=r"must have at most one demand, got 2$"):
        scheduler("single_user")(demands, Pool(1_000), None, rng)


def test_a_scheduler_that_does_not_exist_is_named():
    with pytest.raises(InputError, match="did you mean 'single_user'"):
        scheduler("single_users")
