"""The Gymnasium environment and the batch of training are one environment."""

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from blocks.schedulers.ppo_lagrangian import in_order_of
from blocks.scheduling import SCHEDULERS
from experiments.scheduling import traffic
from experiments.scheduling.cells import Cells
from experiments.scheduling.gym import CellEnv
from semlink.errors import InputError
from semlink.loop.pool import Demand, Pool, granted, stacked
from semlink.loop.traffic.environment import played

SEEDS, SLOTS, USERS = (3, 8, 5), 40, 4


@pytest.fixture
def cells() -> Cells:
    return Cells(traffic.cell(USERS, SLOTS))


@pytest.fixture(scope="module")
def scores() -> np.ndarray:
    """Scores of each slot and episode : [T, B, K]."""
    rng = np.random.default_rng(0)
    return rng.uniform(-0.4, 1, (SLOTS, len(SEEDS), USERS)).astype(np.float32)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_gymnasium_finds_no_fault():
    check_env(CellEnv(traffic.cell(2, 12)), skip_render_check=True)


def test_an_episode_is_one_of_the_batch(cells, scores):
    seen, batch = [cells.reset(SEEDS)], []
    for score in scores:
        asks = cells.environment.demands, cells.environment.pool
        batch.append(cells.step(in_order_of(score, *asks)))
        seen.append(cells.seen)
    assert cells.ends
    assert np.std([gained.reward for gained in batch]) > 0.01
    for number, seed in enumerate(SEEDS):
        alone = CellEnv(traffic.cell(USERS, SLOTS))
        first, info = alone.reset(seed=seed)
        np.testing.assert_array_equal(first, seen[0][number])
        assert info["cost"] == 0
        for slot, gained in enumerate(batch):
            now, reward, ends, truncated, info = alone.step(scores[slot, number])
            np.testing.assert_array_equal(now, seen[slot + 1][number])
            assert reward == gained.reward[number]
            assert info["cost"] == gained.cost[number]
            assert not ends
            assert truncated == (slot == SLOTS - 1)


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


def test_users_of_low_scores_get_nothing():
    asks, pool = stacked([Demand(uses=500, most=800)] * 4), Pool(1_100)
    shares = in_order_of(np.array([0.1, -1, 0.9, 0]), asks, pool)
    np.testing.assert_array_equal(shares.uses, [500, 0, 500, 0])
    third = in_order_of(np.array([0.1, 0.5, 0.9, 0]), asks, pool)
    np.testing.assert_array_equal(third.uses, [100, 500, 500, 0])


def test_an_action_beyond_the_pool_is_refused(cells):
    cells.reset(SEEDS)
    with pytest.raises(InputError, match="an action must return at most the pool's"):
        cells.step(granted(cells.environment.demands, np.full((3, USERS), 9_000)))
