"""Every scheduler on the small problem, beside its optimum.

A scheduler without memory and without chance is a policy, whose value is exact. The
others play courses of the cell: their values have intervals.
"""

import pickle
from itertools import product
from typing import NamedTuple

import numpy as np

from blocks.scheduling import SCHEDULERS
from experiments.scheduling import small
from experiments.scheduling.exact import Optimum, Problem, constrained, score, value_of
from semlink.loop.pool import Scheduler
from semlink.sweeps.monitor import interval

ALONE = "single_user"  # serves no second user
COURSES, HEAT, SLOTS = 200, 200, 1_000  # of those that are played
PRICES, URGENCIES = (0.3, 1.0, 2.0, 3.0, 4.0, 6.0), (0.0, 1.0, 2.0, 4.0, 8.0, 16.0)
TUNED = "drift_plus_penalty"


class Rating(NamedTuple):
    """Means of a slot, with half widths of 95 % intervals; 0 where exact.

    scheduler : name and parameters
    reward, reward_ci95 : utility by importance less the price of channel uses
    loss, loss_ci95 : lost frames of the urgent user
    score : 0 is scheduler ``random``, 1 the optimum within the limit
    of_uniform : the same, where 0 is a uniform choice of nobody and of each user
    within : whether the loss is within the limit, as far as its interval tells
    """

    scheduler: str
    reward: float
    reward_ci95: float
    loss: float
    loss_ci95: float
    score: float
    of_uniform: float
    within: bool


class Judge:
    """Rates policies and schedulers on the small problem.

    Attributes
    ----------
    problem : the small problem
    best : its optimum
    """

    def __init__(self):
        self.problem: Problem = small.problem()
        self.best: Optimum = constrained(self.problem)
        uniform = np.full((small.STATES, small.ACTIONS), 1 / small.ACTIONS)
        self._worst = [
            value_of(self.problem, policy).reward
            for policy in (small.random_policy(), uniform)
        ]

    def policy(self, name: str, policy: np.ndarray) -> Rating:
        """Rating of a policy [S, A]; exact."""
        return self.values(name, np.array([value_of(self.problem, policy)]))

    def values(self, name: str, values: np.ndarray) -> Rating:
        """Rating by independent means of reward and loss [N, 2]."""
        reward, loss = values.mean(axis=0)
        wide = [_half_width(column) for column in values.T]
        best = self.best.value.reward
        places = [float(score(reward, worst, best)) for worst in self._worst]
        within = loss - wide[1] <= self.problem.limit * (1 + 1e-9)
        return Rating(name, reward, wide[0], loss, wide[1], *places, bool(within))

    def scheduler(self, name: str, made: Scheduler) -> Rating:
        """Rating of a scheduler: exact if it is a policy."""
        policy = policy_of(made)
        if policy is None:
            return self.values(name, played(made, seed=1))
        return self.policy(name, policy)


def policy_of(made: Scheduler) -> np.ndarray | None:
    """A scheduler as a policy [S, A]; ``None`` if it remembers or draws."""
    everywhere = small.parts(np.arange(small.STATES))
    found, memories = zip(
        *(
            small.actions_of(made, everywhere, None, np.random.default_rng(seed))
            for seed in range(3)
        ),
        strict=True,
    )
    drawn = any(np.any(action != found[0]) for action in found)
    draws = np.random.default_rng(0)
    _, after = small.actions_of(made, everywhere, memories[0], draws)
    remembers = pickle.dumps(after) != pickle.dumps(memories[0])
    return None if drawn or remembers else np.eye(small.ACTIONS)[found[0]]


def played(made: Scheduler, seed: int) -> np.ndarray:
    """Mean reward and loss of each of many courses : [B, 2]."""
    course, memory = small.Course(COURSES, seed), None
    draws, total = np.random.default_rng([seed, 1]), np.zeros((2, COURSES))
    for slot in range(HEAT + SLOTS):
        at, gained = course.at, course.gained
        action, memory = small.actions_of(made, at, memory, draws, gained)
        gained = np.array(course.step(action))
        total += gained if slot >= HEAT else 0
    return total.T / SLOTS


def shipped(judge: Judge) -> list[Rating]:
    """Ratings of all shipped schedulers for several users, and of a tuned one."""
    names = [name for name in SCHEDULERS.names() if name != ALONE]
    rows = [judge.scheduler(name, SCHEDULERS.build(name)) for name in names]
    return [*rows, tuned(judge)]


def tuned(judge: Judge) -> Rating:
    """The best parameters of ``drift_plus_penalty`` within the limit, on a grid."""
    rows = [
        judge.scheduler(
            f"{TUNED}[v={v:g},urgency={urgency:g}]",
            SCHEDULERS.build(TUNED, v=v, urgency=urgency),
        )
        for v, urgency in product(PRICES, URGENCIES)
    ]
    kept = [row for row in rows if row.within]
    return max(kept or rows, key=lambda row: row.reward)


def _half_width(values: np.ndarray) -> float:
    """Half width of the 95 % interval of a mean; 0 for a value that is exact."""
    if len(values) < 2:
        return 0.0
    return interval(np.stack([values, np.ones_like(values)], axis=1), False)
