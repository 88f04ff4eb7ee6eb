"""Placements: knapsacks with known optima, and the bounds of the greedy rule."""

import itertools

import numpy as np
import pytest

from blocks.orchestrating import orchestrator
from blocks.orchestrators.greedy import placement
from blocks.orchestrators.programme import optimum
from blocks.orchestrators.static import mean_needs
from semlink.loop.cloud import Budgets, Cloud, Item, Need, View, gain, moved, nothing
from semlink.loop.epochs import Served, needs_of, net, play

PLENTY = 10**6


def knapsack(sizes, gains, room):
    """One edge, an item a service, and a backhaul that does not bind."""
    items = [Item(f"{i}", "model", f"{i}", int(s)) for i, s in enumerate(sizes)]
    cloud = Cloud(items, {f"{i}": [f"{i}"] for i in range(len(items))})
    needs = tuple(Need(0, f"{i}", 1.0, float(g)) for i, g in enumerate(gains))
    return View(cloud, Budgets((int(room),), PLENTY), (frozenset(),), needs)


def greedy_value(view):
    gains = {(n.edge, n.service): n.gain for n in view.needs}
    return gain(view.cloud, placement(view, gains, 1.0), view.needs)


def best_value(view):
    """Optimum of a knapsack by dynamic programming over its room."""
    best = np.zeros(view.budgets.memory[0] + 1)
    for need in view.needs:
        size = view.cloud.size([need.service])
        if size < len(best):
            best[size:] = np.maximum(best[size:], best[: len(best) - size] + need.gain)
    return best[-1]


def test_greedy_is_optimal_for_equal_sizes():
    rng = np.random.default_rng(0)
    for _ in range(50):
        gains, room = rng.uniform(0, 1, 8), int(rng.integers(0, 60))
        view = knapsack([7] * 8, gains, room)
        best = sum(sorted(gains, reverse=True)[: room // 7])
        assert greedy_value(view) == pytest.approx(best)


def test_greedy_has_half_of_the_optimum_of_any_knapsack():
    rng, shares = np.random.default_rng(1), []
    for _ in range(300):
        sizes = rng.integers(1, 100, 7)
        gains = sizes ** rng.uniform(0, 2) * rng.uniform(0.9, 1.1, 7)
        view = knapsack(sizes, gains, rng.integers(sizes.min(), 200))
        shares.append(greedy_value(view) / best_value(view))
    assert 0.5 <= min(shares) < 0.9  # the cases are hard enough to tell
    assert max(shares) == pytest.approx(1)


def test_the_best_single_item_is_what_gives_the_half():
    """Utility a byte alone takes the small item, which is worth a hundredth."""
    view = knapsack([1, 100], [1.1, 100.0], 100)
    assert greedy_value(view) == pytest.approx(100)


def test_the_programme_is_the_optimum_of_any_knapsack():
    rng = np.random.default_rng(2)
    for _ in range(20):
        view = knapsack(rng.integers(1, 30, 6), rng.uniform(0, 1, 6), 50)
        found = optimum(view.cloud, view.budgets, [view.needs])
        value = gain(view.cloud, found.placements[0], view.needs)
        assert value == pytest.approx(best_value(view), rel=2e-3)
        assert value <= found.bound + 1e-9


def small(seed: int):
    """Two edges, three services that share items, three epochs, budgets that bind."""
    rng = np.random.default_rng(seed)
    items = [Item(f"{i}", "base", f"{i}", int(rng.integers(1, 9))) for i in range(3)]
    services = {"a": ["0"], "b": ["0", "1"], "c": ["1", "2"]}
    budgets = Budgets(tuple(map(int, rng.integers(4, 14, 2))), 9, 0.05)
    traffic = [
        tuple(Need(e, s, float(rng.poisson(3)), 0.9) for e in (0, 1) for s in services)
        for _ in range(3)
    ]
    return Cloud(items, services), budgets, traffic


def brute_force(cloud, budgets, traffic):
    """Best net utility over all sequences of placements: dynamic programming."""
    sets = [
        frozenset(chosen)
        for n in range(len(cloud.items) + 1)
        for chosen in itertools.combinations(cloud.items, n)
    ]
    allowed = [
        pair
        for pair in itertools.product(sets, repeat=2)
        if all(map(lambda s, m: cloud.size(s) <= m, pair, budgets.memory))
    ]
    values = {nothing(budgets): 0.0}
    for needs in traffic:
        new = {}
        for before, value in values.items():
            for after in allowed:
                size = cloud.size(one for _, one in moved(before, after))
                if size <= budgets.backhaul:
                    now = value + gain(cloud, after, needs) - budgets.price * size
                    new[after] = max(new.get(after, -np.inf), now)
        values = new
    return max(values.values())


@pytest.mark.parametrize("seed", range(4))
def test_the_oracle_equals_brute_force(seed):
    cloud, budgets, traffic = small(seed)
    best = brute_force(cloud, budgets, traffic)
    oracle = orchestrator("oracle")
    memory = oracle.learn(cloud, budgets, traffic)
    value = net(play(oracle, cloud, budgets, traffic, memory))
    assert value == pytest.approx(best, rel=2e-3)
    assert best <= memory.bound + 1e-9
    relaxed = optimum(cloud, budgets, traffic, nodes=0)
    assert memory.bound <= relaxed.bound + 1e-6


def test_a_transfer_is_worth_it_if_the_item_stays():
    """A gain of 1 an epoch against a price of 3: worth it from a stay of 3 on."""
    view = knapsack([10], [1.0], 10)
    view = view._replace(budgets=view.budgets._replace(price=0.3))
    held = [bool(placement(view, {(0, "0"): 1.0}, stay)[0]) for stay in (2.9, 3.1)]
    assert held == [False, True]


def test_what_is_held_stays_until_another_is_worth_its_transfer():
    view = knapsack([10, 10], [1.0, 1.5], 10)._replace(held=(frozenset({"0"}),))
    view = view._replace(budgets=view.budgets._replace(price=0.3))
    gains = {(0, "0"): 1.0, (0, "1"): 1.5}
    kept = [placement(view, gains, stay)[0] for stay in (5.0, 7.0)]
    assert kept == [{"0"}, {"1"}]  # 1.5 - 3 / stay against 1


def test_static_is_optimal_for_traffic_that_never_changes():
    cloud, budgets, traffic = small(1)
    budgets = budgets._replace(backhaul=PLENTY)
    same = [traffic[0]] * 6
    values = {}
    for name in ("static", "oracle"):
        agent = orchestrator(name)
        memory = agent.learn(cloud, budgets, same)
        values[name] = net(play(agent, cloud, budgets, same, memory))
    assert values["static"] == pytest.approx(values["oracle"], rel=2e-3)


def test_mean_needs_are_means_over_requests():
    traffic = [(Need(0, "a", 3.0, 1.0, 0.2),), (Need(0, "a", 1.0, 0.0, 0.6),), ()]
    (need,) = mean_needs(traffic)
    assert need[:2] == (0, "a")
    assert need[2:] == pytest.approx((4 / 3, 0.75, 0.3))


def test_needs_follow_from_reports():
    before = (Need(0, "a", 9, 0.8, 0.1), Need(1, "b", 9, 0.7, 0.2))
    served = [
        Served(0, "a", True, 1.0),
        Served(0, "a", True, 0.5),
        Served(0, "a", False, 0.3),
        Served(0, "c", False, 0.4),
    ]
    assert needs_of(served, before) == (
        Need(0, "a", 3, 0.75, 0.3),
        Need(0, "c", 1, 0.0, 0.4),
        Need(1, "b", 0, 0.7, 0.2),
    )
