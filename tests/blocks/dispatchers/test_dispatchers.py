"""Dispatchers: assignments that are valid, and the optimum by brute force."""

from itertools import permutations

import numpy as np
import pytest

from blocks.dispatching import DISPATCHERS, dispatcher
from semlink.errors import InputError
from semlink.loop.rescue.dispatching import (
    NOBODY,
    check_assignment,
    optimum,
    values,
    worth,
)

NAMES = DISPATCHERS.names()
CASES = [(r, n) for r in range(1, 5) for n in range(1, 6)]


def case(responders: int, incidents: int, seed: int = 0):
    """Times, weights and a horizon."""
    draws = np.random.default_rng([seed, responders, incidents])
    times = draws.uniform(10, 400, (responders, incidents))
    return times, 4.0 ** draws.integers(1, 4, incidents), 300.0


def brute_force(times, weights, horizon) -> float:
    """The largest sum of values over all assignments."""
    table = values(times, weights, horizon)
    if table.shape[0] > table.shape[1]:
        table = table.T
    rows = np.arange(len(table))
    tasks = permutations(range(table.shape[1]), len(table))
    return max(table[rows, list(task)].sum() for task in tasks)


@pytest.mark.parametrize(("responders", "incidents"), CASES)
def test_hungarian_is_the_best_of_all_assignments(responders, incidents):
    for seed in range(5):
        of = case(responders, incidents, seed)
        chosen = dispatcher("hungarian")(*of, np.random.default_rng(0))
        assert worth(chosen, *of) == pytest.approx(brute_force(*of))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("responders", "incidents"), CASES)
def test_assignments_are_valid_and_not_above_the_optimum(name, responders, incidents):
    of = case(responders, incidents)
    given = [np.array(part) for part in of]
    chosen = dispatcher(name)(*of, np.random.default_rng(0))
    check_assignment(name, chosen, (responders, incidents))
    assert chosen.shape == (responders,)
    assert np.sum(chosen != NOBODY) == min(responders, incidents)
    assert worth(chosen, *of) <= worth(optimum(*of), *of) + 1e-9
    for before, after in zip(given, of, strict=True):
        np.testing.assert_array_equal(before, after)


def test_the_optimum_is_above_simple_rules_on_average():
    draws, made = np.random.default_rng(5), {n: dispatcher(n) for n in NAMES}
    total = dict.fromkeys(NAMES, 0.0)
    for seed in range(200):
        of = case(3, 4, seed)
        for name, assign in made.items():
            total[name] += worth(assign(*of, draws), *of)
    assert total["hungarian"] > total["urgent_first"] > total["nearest"]
    assert total["nearest"] > total["random"]


def test_wrong_assignments_are_refused():
    with pytest.raises(InputError, match="at most one responder"):
        check_assignment("it", np.array([1, 1]), (2, 3))
    with pytest.raises(InputError, match="incidents 0 to 2"):
        check_assignment("it", np.array([3]), (1, 3))
    with pytest.raises(InputError, match=r"whole numbers of shape \(2,\)"):
        check_assignment("it", np.array([0]), (2, 3))
    with pytest.raises(InputError, match="whole numbers"):
        check_assignment("it", np.array([0.5]), (1, 3))
    with pytest.raises(InputError, match="hungarain"):
        dispatcher("hungarain")
