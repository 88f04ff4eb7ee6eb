"""Optima of finite decision problems, and values of any policy, by average reward.

All values are means of a slot over an endless course. Every policy must have a single
recurrent class of states.

References
----------
M. Puterman, "Markov decision processes", Wiley, 1994, chapters 8 and 9. E. Altman,
"Constrained Markov decision processes", Chapman & Hall, 1999.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import linprog

from semlink.errors import InputError

LAZY = 0.5  # share of slots in which an aperiodic twin of a chain moves
ACCURACY, MOST_STEPS = 1e-10, 100_000  # of value iteration


class Problem(NamedTuple):
    """A decision problem of S states and A actions.

    transition : [S, A, S], probabilities
    reward : [S, A], mean reward of a slot
    cost : [S, A], mean cost of a slot
    limit : largest mean cost
    """

    transition: np.ndarray
    reward: np.ndarray
    cost: np.ndarray
    limit: float = np.inf


class Value(NamedTuple):
    """Means of a slot.

    reward, cost : as of the problem
    """

    reward: float
    cost: float


class Optimum(NamedTuple):
    """The best policy.

    value : its means of a slot
    policy : [S, A], probabilities of actions
    multiplier : reward that a unit of the limit is worth; 0 where it does not bind
    """

    value: Value
    policy: np.ndarray
    multiplier: float


def unconstrained(problem: Problem) -> Optimum:
    """The best policy without a limit, by relative value iteration.

    Raises
    ------
    InputError
        It does not converge.
    """
    bias = np.zeros(len(problem.reward))
    for _ in range(MOST_STEPS):
        ahead = problem.reward + LAZY * problem.transition @ bias
        ahead += (1 - LAZY) * bias[:, None]
        change = ahead.max(axis=1) - bias
        bias = bias + change - change[0]
        if np.ptp(change) < ACCURACY:
            policy = np.eye(problem.reward.shape[1])[ahead.argmax(axis=1)]
            return Optimum(value_of(problem, policy), policy, 0.0)
    raise InputError(f"value iteration must converge, got span {np.ptp(change):.3g}")


def constrained(problem: Problem) -> Optimum:
    """The best policy within the limit, by the linear programme of occupations.

    The unknowns are the shares ``x(s, a)`` of slots in which a state is met with an
    action. What enters a state leaves it, all shares sum to one, and
    ``sum x cost <= limit``.

    Raises
    ------
    InputError
        No policy is within the limit.
    """
    states, actions = problem.reward.shape
    leaves = np.repeat(np.eye(states), actions, axis=1)
    flow = leaves - problem.transition.reshape(-1, states).T
    within = np.isfinite(problem.limit)
    found = linprog(
        -problem.reward.ravel(),
        A_ub=problem.cost.reshape(1, -1) if within else None,
        b_ub=[problem.limit] if within else None,
        A_eq=np.vstack([flow, np.ones((1, states * actions))]),
        b_eq=np.append(np.zeros(states), 1.0),
        method="highs",
    )
    if found.status:
        least = "a mean cost that some policy has"
        raise InputError(f"the limit must be {least}, got {problem.limit:g}")
    policy = _policy(np.maximum(found.x, 0).reshape(states, actions))
    multiplier = -float(found.ineqlin.marginals[0]) if within else 0.0
    return Optimum(value_of(problem, policy), policy, multiplier)


def value_of(problem: Problem, policy: np.ndarray) -> Value:
    """Means of a slot under a policy [S, A], by a linear solve."""
    share = occupation(problem, policy)[:, None] * policy
    return Value(float(np.sum(share * problem.reward)), _cost(problem, share))


def occupation(problem: Problem, policy: np.ndarray) -> np.ndarray:
    """Share of slots in each state under a policy : [S]."""
    chain = np.einsum("sa,sat->st", policy, problem.transition)
    balance = chain.T - np.eye(len(chain))
    balance[-1] = 1.0  # one equation is redundant; the shares sum to one
    return np.linalg.solve(balance, np.eye(len(chain))[-1])


def score(reward: float, worst: float, best: float) -> float:
    """Place of a mean reward between a random choice, 0, and the optimum, 1."""
    return (reward - worst) / (best - worst)


def _cost(problem: Problem, share: np.ndarray) -> float:
    return float(np.sum(share * problem.cost))


def _policy(share: np.ndarray) -> np.ndarray:
    """Probabilities of actions from shares; the first action where none is met."""
    met = share.sum(axis=1, keepdims=True)
    first = np.eye(share.shape[1])[0]
    return np.where(met > 1e-12, share / np.maximum(met, 1e-300), first)
