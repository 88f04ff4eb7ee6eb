"""Exact solutions of the small cell hold to each other, and to courses of it."""

import numpy as np
import pytest

from blocks.scheduling import SCHEDULERS
from experiments.scheduling import small
from experiments.scheduling.exact import (
    Problem,
    constrained,
    occupation,
    score,
    unconstrained,
    value_of,
)
from semlink.errors import InputError


@pytest.fixture(scope="module")
def problem() -> Problem:
    return small.problem()


@pytest.fixture(scope="module")
def best(problem):
    return constrained(problem)


def test_every_state_moves_with_probability_one(problem):
    np.testing.assert_allclose(problem.transition.sum(-1), 1.0)
    assert problem.transition.min() >= 0
    numbers = np.arange(small.STATES)
    np.testing.assert_array_equal(small.together(small.parts(numbers)), numbers)


def test_a_machine_that_fails_has_its_closed_form():
    """It works or is broken; repair costs 1 and succeeds by half: both by hand."""
    works, broken = [0.9, 0.1], [0.0, 1.0]
    chain = np.array([[works, works], [broken, [0.5, 0.5]]])
    reward = np.array([[1.0, 1.0], [0.0, -1.0]])
    cost = np.array([[0.0, 0.0], [0.0, 1.0]])
    found = unconstrained(Problem(chain, reward, cost))
    # works 5/6 of the slots: 5/6 - 1/6
    assert found.value.reward == pytest.approx(4 / 6)
    # at most 1/12 of the slots are repairs: repaired with r in each broken slot,
    # 0.1 works = 0.5 r broken, so that works is 5/12
    limited = constrained(Problem(chain, reward, cost, 1 / 12))
    assert limited.value == pytest.approx((5 / 12 - 1 / 12, 1 / 12))
    assert limited.multiplier == pytest.approx(4.0)


def test_value_iteration_equals_the_programme_without_a_limit(problem):
    free = problem._replace(limit=np.inf)
    iterated, programmed = unconstrained(problem), constrained(free)
    assert iterated.value.reward == pytest.approx(programmed.value.reward, abs=1e-8)
    assert iterated.value.cost > problem.limit  # the limit binds
    assert programmed.multiplier == 0


def test_the_optimum_dominates_random_policies_within_the_limit(problem, best):
    """Mixtures of the optimum's neighbours come near it, and none exceeds it."""
    rng, gaps = np.random.default_rng(0), []
    for share in np.tile([0.001, 0.01, 0.1, 0.5], 25):
        other = rng.dirichlet(np.ones(small.ACTIONS), small.STATES)
        found = value_of(problem, (1 - share) * best.policy + share * other)
        bound = best.value.reward + best.multiplier * (found.cost - problem.limit)
        gaps.append(bound - found.reward)
        if found.cost <= problem.limit:
            assert found.reward <= best.value.reward + 1e-9
    assert min(gaps) > 0
    assert min(gaps) < 0.01 < max(gaps)


def test_the_limit_holds_and_is_worth_its_multiplier(problem, best):
    assert best.value.cost == pytest.approx(problem.limit, abs=1e-9)
    more = constrained(problem._replace(limit=problem.limit + 1e-5))
    slope = (more.value.reward - best.value.reward) / 1e-5
    assert slope == pytest.approx(best.multiplier, rel=1e-3)
    # one state at most is decided by chance (one constraint)
    met = occupation(problem, best.policy) > 1e-9
    assert np.sum((best.policy.max(1) < 1 - 1e-6) & met) <= 1


def test_the_lagrangian_at_the_multiplier_has_the_value_of_the_optimum(problem, best):
    relaxed = problem.reward - best.multiplier * (problem.cost - problem.limit)
    dual = unconstrained(problem._replace(reward=relaxed)).value.reward
    assert dual == pytest.approx(best.value.reward, abs=1e-7)


def test_a_limit_below_every_policy_is_refused_in_one_line(problem):
    with pytest.raises(InputError, match=r"^the limit must be .*, got 0.0001$"):
        constrained(problem._replace(limit=1e-4))


def test_courses_have_the_exact_values(problem, best):
    rng, course = np.random.default_rng(1), small.Course(2_000, 5)
    total, heat = np.zeros((2, 2_000)), 100
    levels = np.cumsum(best.policy, axis=1)
    for slot in range(heat + 300):
        chance = rng.random((2_000, 1))
        action = (chance >= levels[small.together(course.at)]).sum(axis=1)
        gained = np.array(course.step(np.minimum(action, small.USERS)))
        total += gained if slot >= heat else 0
    mean = total.mean(axis=1) / 300
    error = total.std(axis=1) / 300 / np.sqrt(2_000)
    assert np.all(np.abs(mean - best.value) < 4 * error)
    assert np.all(error < 0.02 * np.abs(best.value))


def test_a_scheduler_decides_on_states_as_on_its_demands():
    everywhere = small.parts(np.arange(small.STATES))
    made = SCHEDULERS.build("strict_priority")
    action, _ = small.actions_of(made, everywhere, None, None)
    first, second = everywhere.queue.T > 0
    np.testing.assert_array_equal(action, np.where(first, 1, np.where(second, 2, 0)))
    rate = small.demands(everywhere).rate
    np.testing.assert_allclose(np.unique(rate), 2 * np.array(small.CELL.delivery))


def test_the_score_is_zero_for_a_random_choice_and_one_for_the_optimum(problem, best):
    random = value_of(problem, small.random_policy())
    assert score(random.reward, random.reward, best.value.reward) == 0
    assert score(best.value.reward, random.reward, best.value.reward) == 1
    assert random.cost < problem.limit  # it is within the limit, and worse
    assert random.reward < best.value.reward
