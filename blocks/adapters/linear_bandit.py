"""Ridge regression of rewards by arm, with upper confidence bounds: LinUCB.

References
----------
L. Li, W. Chu, J. Langford and R. E. Schapire, "A contextual-bandit approach to
personalized news article recommendation", WWW 2010. Rewards are forgotten as in
Y. Russac, C. Vernade and O. Cappe, "Weighted linear bandits for non-stationary
environments", NeurIPS 2019, and in TF-Agents' ``LinearUCBAgent``.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from semlink.loop.agents import Arm

MOST_ARMS = 64  # that a bank keeps


class Bank(NamedTuple):
    """What is known of the arms.

    arms : the arms [n]
    a : sum of the outer products of their features [n, d, d], float64
    b : sum of their features, weighted by the rewards [n, d], float64
    """

    arms: tuple[Arm, ...]
    a: np.ndarray
    b: np.ndarray

    def learnt(self, arm: Arm, x: np.ndarray, reward: float, discount: float):
        """The bank after a reward : features x [d].

        All sums are multiplied by the discount before the reward is added.
        """
        a, b, row = discount * self.a, discount * self.b, self.arms.index(arm)
        a[row] += np.outer(x, x)
        b[row] += reward * x
        return Bank(self.arms, a, b)

    def with_arms(self, arms: Sequence[Arm]) -> "Bank":
        """The bank with further arms, of which nothing is known.

        Beyond ``MOST_ARMS`` it loses the first arms that are not among these.
        """
        new = [arm for arm in dict.fromkeys(arms) if arm not in self.arms]
        if not new:
            return self
        excess = len(self.arms) + len(new) - MOST_ARMS
        others = [row for row, arm in enumerate(self.arms) if arm not in arms]
        lost = others[: max(excess, 0)]
        kept = tuple(arm for row, arm in enumerate(self.arms) if row not in lost)
        a, b = (np.delete(values, lost, axis=0) for values in (self.a, self.b))
        num, d = len(new), self.b.shape[1]
        a = np.concatenate([a, np.zeros((num, d, d))])
        b = np.concatenate([b, np.zeros((num, d))])
        return Bank((*kept, *new), a, b)


def empty_bank(d: int) -> Bank:
    """A bank without arms, for d features."""
    return Bank((), np.zeros((0, d, d)), np.zeros((0, d)))


def upper_bounds(a, b, x, alpha: float, ridge: float, waiting=0.0) -> np.ndarray:
    """Upper confidence bounds of the expected rewards : [n], float64.

    ``b' M x + alpha sqrt(x' W x)``, with ``M`` the inverse of ``a + ridge I`` and ``W``
    that of ``a + waiting + ridge I``.

    Parameters
    ----------
    a, b : sums of each arm [n, d, d], [n, d]
    x : features of the context [d]
    alpha : width of a bound in standard deviations of rewards
    ridge : weight of the regularisation
    waiting : sum of the outer products of features whose reward is still due [n, d, d]
    """
    known = a + ridge * np.eye(len(x))
    column = np.broadcast_to(x[:, None], (*b.shape, 1))
    mean = np.einsum("nd,nd->n", b, np.linalg.solve(known, column)[..., 0])
    spread = np.linalg.solve(known + waiting, column)[..., 0] @ x
    return mean + alpha * np.sqrt(np.maximum(spread, 0.0))
