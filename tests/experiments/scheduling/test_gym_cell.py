"""The environments of Gymnasium and TF-Agents are the batch of cells, to the number."""

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from blocks.schedulers.drift_plus_penalty import DriftPlusPenalty
from blocks.schedulers.features import RULE, URGENCY, V, advised, price_of
from blocks.schedulers.ppo_lagrangian import (
    ACTIONS,
    GRANTS,
    HEADS,
    PARAMETERS,
    by_grants,
    shares_of,
)
from blocks.scheduling import SCHEDULERS
from experiments.scheduling import traffic
from experiments.scheduling.cells import Cells
from experiments.scheduling.gym import CellEnv
from semlink.contracts.schedulers import check_shares
from semlink.errors import InputError
from semlink.loop.pool import Demand, Pool, granted, stacked
from semlink.loop.traffic.environment import played

SEEDS, SLOTS, USERS = (3, 4, 5), 40, 4


@pytest.fixture
def cells() -> Cells:
    return Cells(traffic.cell(USERS, SLOTS))


@pytest.fixture(scope="module")
def actions() -> np.ndarray:
    """Actions of each slot and episode : [T, B, K, 5]."""
    rng, shape = np.random.default_rng(0), (SLOTS, len(SEEDS), USERS)
    numbers = rng.uniform(-0.4, 1, (*shape, 2))
    choices = [rng.integers(0, of, (*shape, 1)) for of in HEADS.values()]
    return np.concatenate([numbers, *choices], axis=-1).astype(np.float32)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_gymnasium_finds_no_fault():
    check_env(CellEnv(traffic.cell(2, 12)), skip_render_check=True)


def course(cells: Cells, actions, form: str = GRANTS):
    """Features of all slots, and what each brought, by a plain loop."""
    seen, batch = [cells.reset(SEEDS)], []
    for action in actions:
        batch.append(cells.step(shares_of(form, action, cells.demands, cells.pool)))
        seen.append(cells.seen)
    assert cells.ends
    return seen, batch


def test_an_episode_of_gymnasium_is_one_of_the_batch(cells, actions):
    seen, batch = course(cells, actions)
    assert np.std([gained.reward for gained in batch]) > 0.01
    for number, seed in enumerate(SEEDS):
        alone = CellEnv(traffic.cell(USERS, SLOTS))
        first, info = alone.reset(seed=seed)
        np.testing.assert_array_equal(first, seen[0][number])
        assert info["cost"] == 0
        for slot, gained in enumerate(batch):
            now, reward, ends, truncated, info = alone.step(actions[slot, number])
            np.testing.assert_array_equal(now, seen[slot + 1][number])
            assert reward == gained.reward[number]
            assert info["cost"] == gained.cost[number]
            assert not ends
            assert truncated == (slot == SLOTS - 1)


@pytest.mark.slow  # imports TF-Agents
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", [GRANTS, PARAMETERS])
def test_episodes_of_tf_agents_are_the_batch(cells, actions, form):
    from tf_agents.environments.utils import validate_py_environment

    from experiments.scheduling.learning.episodes import Episodes

    actions = actions if form == GRANTS else actions[:, :, 0, :2]
    seen, batch = course(cells, actions, form)
    both = (Cells(traffic.cell(USERS, SLOTS)) for _ in range(2))
    ours = Episodes(*both, form, SEEDS[0], len(SEEDS))
    nothing = np.zeros((SLOTS, len(SEEDS), USERS, ACTIONS[GRANTS]))
    nothing[..., -1] = HEADS["retransmissions"] - 1
    _, beside = course(cells, nothing)
    now = ours.reset()
    assert now.is_first().all()
    np.testing.assert_array_equal(now.observation, seen[0])
    for slot, gained in enumerate(batch):
        now = ours.step(actions[slot].reshape(len(SEEDS), -1))
        np.testing.assert_array_equal(now.observation, seen[slot + 1])
        expected = np.float32([*gained, *beside[slot]]).T
        np.testing.assert_array_equal(now.reward, expected)
        np.testing.assert_array_equal(now.discount, 1)
        assert now.is_last().all() == (slot == SLOTS - 1)
    again = ours.step(actions[0].reshape(len(SEEDS), -1))  # begins the next episodes
    assert again.is_first().all()
    assert np.any(again.observation != seen[0])
    validate_py_environment(ours, episodes=2)


def test_rewards_add_up_to_those_of_a_scheduler(cells):
    """Value less price over the offered weight, by the books of whole episodes."""
    made = SCHEDULERS.build("max_weight")
    total = played(traffic.cell(USERS, SLOTS), made, SEEDS)
    cells.reset(SEEDS)
    gained = np.zeros((2, len(SEEDS)))
    while not cells.ends:
        asks = cells.environment.demands, cells.environment.pool
        gained += np.array(cells.step(made(*asks, None, None)[0]))
    np.testing.assert_allclose(gained, np.array(cells.gained(total)))
    config = cells.environment.config
    uses = total.energy.sum(1) + total.signalling.sum(1)
    # weights 1, 4 and 16 by their shares, doubled for users that watch
    watch, survey = 2 * (0.6 + 1.2 + 1.6), 0.8 + 0.8
    weight = 2 * (0.3 * watch + 0.35 * survey)
    reward = total.value.sum(1) - config.price * uses / config.pool
    np.testing.assert_allclose(gained[0], reward / weight)


def corrected(demands, pool, score, power_db) -> np.ndarray:
    """Actions that make of the advice these scores and powers : [K, 5]."""
    base, base_power = advised(demands, pool, price_of(demands, pool))
    wanted = np.array(score) - base, np.array(power_db) / 10 - base_power
    nothing = np.zeros((len(HEADS), len(base)))
    return np.concatenate([wanted, nothing]).T


def test_users_of_low_scores_get_nothing():
    asks, pool = stacked([Demand(uses=500, most=800)] * 4), Pool(1_100)
    shares = by_grants(corrected(asks, pool, [0.1, -1, 0.9, 0], [0] * 4), asks, pool)
    np.testing.assert_array_equal(shares.uses, [500, 0, 500, 0])
    np.testing.assert_allclose(shares.power_db, 0, atol=1e-9)
    third = by_grants(corrected(asks, pool, [0.1, 0.5, 0.9, 0], [0] * 4), asks, pool)
    np.testing.assert_array_equal(third.uses, [100, 500, 500, 0])


def test_more_power_is_what_others_leave_of_the_energy():
    """Two users of half of the pool each: one saves, and the other has what is left."""
    asks, pool = stacked([Demand(uses=500, most=500)] * 2), Pool(1_000)

    def powers(score, power_db):
        actions = corrected(asks, pool, score, power_db)
        return by_grants(actions, asks, pool).power_db

    first = 10**-0.6
    both = powers([0.9, 0.5], [-6, 15])
    np.testing.assert_allclose(10 ** (both / 10), [first, 2 - first])
    np.testing.assert_allclose(powers([0.9, -0.5], [-6, 15])[0], -6)
    np.testing.assert_allclose(powers([0.9, 0.5], [1, 3]), 0, atol=1e-9)
    np.testing.assert_allclose(powers([0.9, -0.5], [2, 3])[0], 2)


def test_without_corrections_the_advice_is_followed():
    """Scores and powers of 0 are those of the tuned heuristic."""
    environment = traffic.cell(USERS, SLOTS)
    made = DriftPlusPenalty(V, URGENCY, alternative=RULE, fits=True)
    demands, pool = environment.reset(range(30)), environment.pool
    for _ in range(20):
        actions = np.zeros((30, USERS, ACTIONS[GRANTS]))
        actions[..., -1] = HEADS["retransmissions"] - 1
        ours = by_grants(actions, demands, pool)
        theirs, _ = made(demands, pool, None, None)
        served = theirs.uses > 0
        np.testing.assert_array_equal(ours.uses, theirs.uses)
        powers = (shares.power_db[served] for shares in (ours, theirs))
        np.testing.assert_allclose(*powers, atol=1e-6)
        np.testing.assert_array_equal(ours[2:], theirs[2:])
        environment.step(theirs)
        demands = environment.demands
    assert served.any()


def test_choices_are_what_is_granted():
    """Of the alternative, its channel uses; of retransmissions, what is asked for."""
    demand = Demand(uses=500, most=800, transmitter=2, retransmissions=2)
    other = demand._replace(alternative=5, alternative_uses=300)
    asks, pool = stacked([demand, other, other]), Pool(2_000)
    actions = corrected(asks, pool, [1.0, 0.9, 0.8], [0] * 3)
    actions[:, 2:] = [[3, 1, 3], [1, 1, 1], [0, 0, 0]]
    shares = by_grants(actions, asks, pool)
    np.testing.assert_array_equal(shares.transmitter, [2, 5, 2])
    np.testing.assert_array_equal(shares.uses, [500, 300, 500])
    np.testing.assert_array_equal(shares.redundancy, [3, 1, 0])
    np.testing.assert_array_equal(shares.retransmissions, [2, 1, 0])
    check_shares("it", asks, pool, shares)


def test_an_action_beyond_the_pool_is_refused(cells):
    cells.reset(SEEDS)
    with pytest.raises(InputError, match="an action must return at most the pool's"):
        cells.step(granted(cells.environment.demands, np.full((3, USERS), 9_000)))
