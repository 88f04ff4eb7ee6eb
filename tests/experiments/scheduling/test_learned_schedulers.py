"""Learned schedulers know no order of users; their multiplier holds a limit."""

import json

import numpy as np
import pytest

from blocks.nn.weights import write_weights
from blocks.schedulers.drift_plus_penalty import DriftPlusPenalty
from blocks.schedulers.features import (
    ASKS,
    FEATURES,
    NAMES,
    RULE,
    URGENCY,
    V,
    features,
)
from blocks.schedulers.ppo_lagrangian import (
    CONFIG,
    FORMS,
    GRANTS,
    PARAMETERS,
    SCHEME,
    WEIGHTS,
    PpoLagrangian,
    build,
    by_grants,
    by_parameters,
    chosen,
    network,
)
from blocks.scheduling import scheduler
from experiments.scheduling import traffic
from experiments.scheduling.learning.masks import (
    ACTION,
    Masked,
    fixed,
    hidden,
    parts_of,
)
from experiments.scheduling.learning.multiplier import (
    PID,
    RULES,
    Gains,
    Multiplier,
    combined,
)
from experiments.scheduling.learning.training import adjusted
from semlink.contracts.schedulers import check_shares
from semlink.errors import InputError
from semlink.loop.pool import Demands, Pool
from semlink.units import db_to_linear

LIMIT = 0.2


def demands_of(users: int, episodes: int = 3) -> Demands:
    """Demands of a cell after some slots without service."""
    environment = traffic.cell(users, slots=50)
    demands = environment.reset(range(episodes))
    nobody = by_parameters(np.full((episodes, 2), 1.0), demands, environment.pool)
    nobody = nobody._replace(uses=0 * nobody.uses)
    for _ in range(12):
        environment.step(nobody)
    return environment.demands


@pytest.fixture(scope="module", params=FORMS)
def made(request) -> PpoLagrangian:
    """A scheduler of each form, of random weights."""
    net = network(request.param)
    rng = np.random.default_rng(4)
    net.set_weights([rng.normal(0, 0.7, w.shape) for w in net.get_weights()])
    return PpoLagrangian(net, request.param)


def test_users_in_another_order_get_the_same(made):
    demands, pool = demands_of(8), Pool(40_000, 0.0)
    order = np.random.default_rng(0).permutation(8)
    shares, _ = made(demands, pool, None, None)
    other, _ = made(Demands(*(v[:, order] for v in demands)), pool, None, None)
    assert np.std(shares.uses) > 0
    for mine, theirs in zip(shares, other, strict=True):
        np.testing.assert_allclose(mine[:, order], theirs)


def test_users_that_ask_for_nothing_change_nothing(made):
    """One policy for any number of users: absent ones are as if not there."""
    demands, pool = demands_of(8), Pool(40_000, 0.0)
    asks = np.arange(8) < 5
    absent = demands._replace(backlog=np.where(asks, demands.backlog, 0.0))
    shares, _ = made(absent, pool, None, None)
    fewer, _ = made(Demands(*(v[:, :5] for v in demands)), pool, None, None)
    assert np.all(shares.uses[:, 5:] == 0)
    np.testing.assert_array_equal(shares.uses[:, :5], fewer.uses)
    assert fewer.uses.any()


def test_features_are_about_unit_range_and_zero_without_a_frame():
    demands, pool = demands_of(4), Pool(18_000)
    seen = features(demands, pool)
    assert seen.shape == (3, 4, FEATURES)
    assert np.all(np.isfinite(seen))
    assert np.abs(seen).max() < 3
    asks = demands.backlog > 0
    assert 0 < asks.sum() < asks.size
    np.testing.assert_array_equal(seen[..., ASKS], asks)
    own = seen[..., : NAMES.index("load")]
    assert not own[~asks].any()
    load = np.log1p(demands.wanted.sum(-1) / 18_000) / 2
    np.testing.assert_allclose(seen[:, 0, NAMES.index("load")], load, rtol=1e-6)


def test_parameters_are_those_of_the_heuristic():
    demands, pool = demands_of(4), Pool(18_000)
    outputs = np.array([[-1.0, 1.0], [0.0, 0.0], [3.0, -3.0]])
    shares = by_parameters(outputs, demands, pool)
    pairs = (0.5, 60.0), (np.sqrt(40), np.sqrt(6)), (80.0, 0.1)
    for row, (v, urgency) in enumerate(pairs):
        one = Demands(*(values[row] for values in demands))
        alone, _ = DriftPlusPenalty(v, urgency, **SCHEME)(one, pool, None, None)
        np.testing.assert_array_equal(shares.uses[row], alone.uses)
        np.testing.assert_allclose(shares.power_db[row], alone.power_db)
    assert len({tuple(uses) for uses in shares.uses}) > 1


@pytest.mark.parametrize("power_db", [-30.0, -3.0, 0.0, 6.0])
def test_whatever_power_is_asked_for_the_pool_has_it(power_db):
    """All of the energy is spent where more is asked for than there is."""
    demands, pool = demands_of(8), Pool(20_000, power_db)
    rng, outputs = np.random.default_rng(1), FORMS[GRANTS]
    for wide in (0.3, 3.0, 100.0):
        actions = chosen(rng.normal(0.5, wide, (3, 8, outputs)))
        shares = check_shares("it", demands, pool, by_grants(actions, demands, pool))
        assert shares.uses.any()
    actions = chosen(np.full((3, 8, outputs), 4.0))
    shares = check_shares("it", demands, pool, by_grants(actions, demands, pool))
    spent = np.sum(shares.uses * db_to_linear(shares.power_db), -1)
    most = 20_000 * db_to_linear(max(power_db, -16.0))
    full = shares.uses.sum(-1) * db_to_linear(15.0) > most
    assert full.any()
    np.testing.assert_allclose(spent[full], most)


def test_what_is_hidden_or_fixed_is_and_the_rest_stays():
    demands, pool = demands_of(4), Pool(18_000)
    for name, parts in (
        ("prior", ("expects", "prior", "needs", "needs_power", "other_prior")),
        ("feedback", ("gained", "judged", "quality")),
    ):
        seen = features(hidden(demands, (name,)), pool)
        gone = [NAMES.index(part) for part in parts]
        assert not seen[..., gone].any()
        assert features(demands, pool)[..., gone].any() == (name == "prior")
    actions = np.random.default_rng(0).uniform(1, 2, (3, 4, len(ACTION)))
    for place, name in enumerate(ACTION):
        left = fixed(actions, (name,))
        assert np.all(left[..., place] == (3 if name == "retransmissions" else 0))
        others = np.delete(np.arange(len(ACTION)), place)
        np.testing.assert_array_equal(left[..., others], actions[..., others])
    assert parts_of("prior,power") == ("prior", "power")
    with pytest.raises(InputError, match="without must be of prior, .*, got 'luck'$"):
        parts_of("luck")


def test_a_policy_whose_parts_are_all_fixed_is_the_heuristic():
    net = network(GRANTS)
    rng = np.random.default_rng(4)
    net.set_weights([rng.normal(0, 0.7, w.shape) for w in net.get_weights()])
    made, demands = PpoLagrangian(net, GRANTS), demands_of(4)
    pool = Pool(18_000, price=0.8)  # of the training traffic
    rule = DriftPlusPenalty(V, URGENCY, alternative=RULE, fits=True)
    theirs, _ = rule(demands, pool, None, None)
    ours, _ = Masked(made, ACTION)(demands, pool, None, None)
    plain, _ = Masked(made, ())(demands, pool, None, None)
    np.testing.assert_array_equal(ours.uses, theirs.uses)
    np.testing.assert_array_equal(ours.transmitter, theirs.transmitter)
    for mine, own in zip(plain, made(demands, pool, None, None)[0], strict=True):
        np.testing.assert_array_equal(mine, own)
    assert np.any(plain.power_db != ours.power_db)
    assert np.any(plain.redundancy != ours.redundancy)


def test_how_hard_a_batch_is_is_taken_out():
    """A policy that is a fixed step above the heuristic has the mean of all batches."""
    means: list[np.ndarray] = []
    easy, hard = np.full((2, 3, 5), 1.0), np.full((2, 3, 5), 0.4)
    np.testing.assert_allclose([*adjusted(easy + 0.2, easy, means)], 1.2)
    np.testing.assert_allclose([*adjusted(hard + 0.2, hard, means)], 0.7 + 0.2)


def cost_after(gains: Gains, batches: int) -> np.ndarray:
    """Costs of a plant that follows its multiplier late : [batches]."""
    multiplier, cost, found = Multiplier(LIMIT, gains), 0.5, []
    for _ in range(batches):
        target = 0.5 / (1 + multiplier(cost))
        cost = cost + 0.05 * (target - cost)
        found.append(cost)
    return np.array(found)


def test_a_pid_multiplier_holds_the_limit_where_an_integral_swings_wider():
    by_pid, by_integral = cost_after(PID, 300), cost_after(RULES["integral"], 300)
    assert by_pid[-50:] == pytest.approx(LIMIT, rel=0.01)
    assert by_pid.min() > 0.85 * LIMIT > by_integral.min()
    swings = [np.abs(of[100:] / LIMIT - 1).max() for of in (by_pid, by_integral)]
    assert swings[1] > 2 * swings[0]
    assert cost_after(Gains(0.0, 0.0, 0.0), 50)[-1] == pytest.approx(0.5)


def test_a_multiplier_is_never_negative_and_falls_where_nothing_is_lost():
    multiplier = Multiplier(LIMIT)
    assert multiplier(0.0) == 0
    high = [multiplier(0.6) for _ in range(20)][-1]
    low = [multiplier(0.0) for _ in range(60)][-1]
    assert high > 1 > low == 0


def test_rewards_are_combined_as_advantages_are():
    reward, cost = np.array([[1.0, 3.0]]), np.array([[0.0, 2.0]])
    np.testing.assert_allclose(combined(reward, cost, 0.0), [[-1, 1]])
    np.testing.assert_allclose(combined(reward, cost, 1.0), [[0, 0]])
    np.testing.assert_allclose(combined(reward, cost, 3.0), [[0.5, -0.5]])


def test_weights_of_another_shape_are_refused_in_one_line(tmp_path):
    write_weights(tmp_path / WEIGHTS, network(PARAMETERS), "float32")
    (tmp_path / CONFIG).write_text(json.dumps({"form": GRANTS}), "utf-8")
    shapes = r"must have shape \(64, 32\), got \(32, 32\)$"
    with pytest.raises(InputError, match=f"what the training wrote, got .*{shapes}"):
        build(str(tmp_path))
    (tmp_path / CONFIG).write_text("{}", "utf-8")
    with pytest.raises(InputError, match="^weights must be .*, got 'form'$"):
        build(str(tmp_path))


def test_a_policy_that_does_not_exist_is_named():
    with pytest.raises(InputError, match="policy must be grants.*, got 'none'$"):
        scheduler("ppo_lagrangian:none")
