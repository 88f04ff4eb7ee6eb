"""What goes on learning keeps the regret of its theory, and finds a better price."""

import numpy as np
import pytest

from blocks.schedulers.drift_plus_penalty import DriftPlusPenalty
from blocks.schedulers.online import (
    LEVELS_DB,
    Model,
    Weights,
    bill,
    build,
    properties,
)
from blocks.schedulers.ppo_lagrangian import SCHEME
from blocks.scheduling import scheduler
from experiments.scheduling import drift, traffic
from experiments.scheduling.cells import Cells
from experiments.scheduling.drift import Phase, SideBySide, course
from experiments.scheduling.online import EACH, FIXED, Priced, _named
from semlink.errors import InputError
from semlink.loop.pool import Demand, Pool, granted, stacked

ROUNDS, EXPERTS, CHANGES = 2_000, 5, 4


def expected_gains(weights: Weights, gains: np.ndarray) -> float:
    """Sum of the expected gains of the weights over gains [T, K]."""
    now, total = np.full(gains.shape[1], 1 / gains.shape[1]), 0.0
    for gain in gains:
        total += now @ gain
        now = weights.learnt(now, gain)
    return float(total)


def hedge() -> Weights:
    """The rate of the least bound, without a share."""
    return Weights(float(np.sqrt(8 * np.log(EXPERTS) / ROUNDS)), 0.0)


def sequences() -> dict[str, np.ndarray]:
    """Gains of the rounds: random, of a better expert, and that leads into error."""
    rng = np.random.default_rng(0)
    coins = (rng.random((ROUNDS, EXPERTS)) < 0.5) * 1.0
    better = coins.copy()
    better[:, 3] = rng.random(ROUNDS) < 0.6
    turns = np.zeros((ROUNDS, EXPERTS))
    turns[np.arange(ROUNDS), np.arange(ROUNDS) % EXPERTS] = 1.0
    return {"coins": coins, "better": better, "turns": turns}


@pytest.mark.parametrize("name", ["coins", "better", "turns"])
def test_regret_is_within_the_bound_of_hedge(name):
    """sqrt(T ln K / 2), whatever the sequence."""
    gains, weights = sequences()[name], hedge()
    bound = np.sqrt(ROUNDS * np.log(EXPERTS) / 2)
    assert weights.bound(EXPERTS, ROUNDS) == pytest.approx(bound)
    regret = gains.sum(axis=0).max() - expected_gains(weights, gains)
    assert regret <= bound
    uniform = gains.sum(axis=0).max() - gains.mean(axis=1).sum()
    assert name != "better" or regret < uniform / 2


def test_a_share_tracks_experts_that_change():
    """Regret to the sequence of the best experts, where a fixed one loses by far."""
    rng = np.random.default_rng(1)
    gains = (rng.random((ROUNDS, EXPERTS)) < 0.3) * 1.0
    best = np.arange(ROUNDS) * (CHANGES + 1) // ROUNDS
    gains[np.arange(ROUNDS), best] = rng.random(ROUNDS) < 0.8
    followed = gains[np.arange(ROUNDS), best].sum()
    weights = Weights(0.2, CHANGES / ROUNDS)
    regret = followed - expected_gains(weights, gains)
    assert regret <= weights.bound(EXPERTS, ROUNDS, CHANGES)
    assert regret < 0.5 * (followed - gains.sum(axis=0).max())
    assert expected_gains(weights, gains) > expected_gains(hedge(), gains)


def test_weights_are_those_of_the_closed_form():
    gains = np.random.default_rng(2).random((50, 3))
    weights = np.full(3, 1 / 3)
    for gain in gains:
        weights = Weights(0.7, 0.0).learnt(weights, gain)
    expected = np.exp(0.7 * gains.sum(axis=0))
    np.testing.assert_allclose(weights, expected / expected.sum())
    shared = Weights(0.7, 0.3).learnt(np.array([1.0, 0.0, 0.0]), gains[0])
    np.testing.assert_allclose(shared, [0.8, 0.1, 0.1])


def test_a_model_finds_the_utility_that_grants_had():
    """Of two transmitters; a level where nothing was sent has that beside it."""
    rng, users = np.random.default_rng(3), 400
    state_db = rng.uniform(0, 15, users)
    demands = stacked(
        [
            Demand(
                uses=100, most=100, state_db=db, transmitter=k % 2, importance=1 + k % 3
            )
            for k, db in enumerate(state_db)
        ]
    )
    seen = properties(demands, granted(demands, np.full(users, 100)), 2)
    np.testing.assert_allclose(seen.sum(axis=-1), demands.importance)
    utility = np.where(demands.transmitter == 1, 0.4, 0.02 * (state_db + 6))
    size = 2 * len(LEVELS_DB)
    model = Model(np.zeros((size, size)), np.zeros(size))
    model = model.learnt(seen, demands.importance * utility, 1.0)
    first, second = model.slope.reshape(2, -1)
    inside = (LEVELS_DB >= 0) & (LEVELS_DB <= 15)
    expected = 0.02 * (LEVELS_DB + 6)[inside]
    np.testing.assert_allclose(first[inside], expected, atol=0.02)
    np.testing.assert_allclose(second[inside], 0.4, atol=0.02)
    np.testing.assert_allclose(second[-1], second[inside][-1], atol=0.02)


def test_a_bill_is_the_price_of_the_energy():
    demands = stacked([Demand(uses=100, most=100)] * 2)
    shares = granted(demands, np.array([100, 50]), np.array([0.0, 10.0]))
    assert bill(Pool(1_000, price=2.0), shares) == pytest.approx(2 * 600 / 1_000)


def test_the_first_block_is_that_of_the_base():
    environment = traffic.cell(4, 40)
    environment.reset(range(5))
    made, memory, draws = build(v=3.0, urgency=2.0, block=10), None, None
    base = DriftPlusPenalty(3.0, 2.0, None)
    for _ in range(10):
        asks = environment.demands, environment.pool
        shares, memory = made(*asks, memory, draws)
        for ours, theirs in zip(shares, base(*asks, None, None)[0], strict=True):
            np.testing.assert_array_equal(ours, theirs)
        environment.step(shares)


def test_it_finds_a_better_price_than_one_tuned_for_other_traffic():
    """A base that gives away power, where power is dear."""
    dear, base = Phase("dear", price=4.0), "v=3,urgency=0"
    made = [scheduler(f"drift_plus_penalty[{base}]"), scheduler(f"online[{base}]")]
    parts, seeds = [(one, 4) for one in made], [*range(4)] * 2
    found = course(SideBySide(parts), [dear], seeds, 4, 384)
    late = found.reward[4:].mean(axis=0).reshape(2, 4)
    assert np.all(late[1] > late[0])
    assert late[1].mean() > late[0].mean() + 0.02


def test_a_policy_is_a_base_and_other_forms_are_refused():
    environment = traffic.cell(2, 20)
    asks = environment.reset([1]), environment.pool
    trained, _ = scheduler("ppo_lagrangian:reward")(*asks, None, None)
    ours, _ = scheduler("online[policy=reward]")(*asks, None, None)
    for one, other in zip(ours, trained, strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(InputError, match="form parameters, got one of grants$"):
        scheduler("online[policy=grants]")
    with pytest.raises(InputError, match="experts must be an odd number, got 4$"):
        scheduler("online[experts=4]")


def test_schedulers_side_by_side_are_as_alone():
    names, phases = ("max_weight", "online[block=8]"), drift.PHASES[1:3]
    parts = [(scheduler(name), 2) for name in names]
    both = course(SideBySide(parts), phases, [1, 2, 1, 2], 2, 64)
    alone = course(scheduler("max_weight"), phases, [1, 2], 2, 64)
    for ours, theirs in zip(both, alone, strict=True):
        np.testing.assert_allclose(ours[:, :2], theirs)
    cells = Cells(drift.cell(phases[0], 2, 64))
    assert cells.environment.config.price == 3 * traffic.PRICE * 2
    assert both.reward.shape == (2, 4)


def test_a_price_of_power_may_follow_that_of_the_pool():
    pool = Pool(1_000, price=2.0)
    demands = stacked([Demand(100, 100, state_db=10.0, importance=8.0)] * 2)
    shares, _ = Priced(3.0, 1.0, 0.5)(demands, pool, None, None)
    expected, _ = DriftPlusPenalty(12.0, 1.0, **SCHEME)(demands, pool, None, None)
    np.testing.assert_array_equal(shares.power_db, expected.power_db)
    assert shares.uses.all()
    assert -3 < shares.power_db.max() < 0


def test_the_best_settings_are_those_of_hindsight():
    """Overall, and in each phase."""
    settings = [(1.0, 0.0), (2.0, 0.0)]
    fixed = np.zeros((2, len(drift.PHASES), 2))
    fixed[0, 0], fixed[1, 1:3] = 5.0, 2.0  # the first is best in one phase by far
    rewards = np.concatenate([np.ones((1, len(drift.PHASES), 2)), fixed])
    rows = {name: (r, c) for name, r, c in _named(["own"], settings, rewards, -rewards)}
    assert list(rows) == ["own", f"{FIXED}, v=1, urgency=0", EACH]
    np.testing.assert_array_equal(rows[f"{FIXED}, v=1, urgency=0"][0], fixed[0])
    np.testing.assert_array_equal(rows[EACH][0], fixed.max(axis=0))
    np.testing.assert_array_equal(rows[EACH][1], -fixed.max(axis=0))
