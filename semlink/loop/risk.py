"""Rules with a bound on risk: which decisions an agent may take alone.

A rule takes a decision where a doubt is at most a threshold. Its risk is the mean loss
of the decisions that it takes, for samples as those of the calibration. The threshold
comes from a test of the hypothesis that the risk is above ``epsilon``; so the risk is
at most ``epsilon`` with a probability of 1 - ``delta`` over calibration sets.

The calibration samples are cut in two. The first part chooses the doubt and a rising
sequence of thresholds; the second tests them in this order and stops at the first that
fails. The second part alone carries the bound, whatever the first chose.

References
----------
A. Angelopoulos, S. Bates, E. Candes, M. Jordan, L. Lei, "Learn then Test: Calibrating
predictive algorithms to achieve risk control", Annals of Applied Statistics 19(2),
2025, arXiv:2110.01052 (split fixed-sequence testing).
S. Bates, A. Angelopoulos, L. Lei, J. Malik, M. Jordan, "Distribution-free,
risk-controlling prediction sets", Journal of the ACM 68(6), 2021 (the bound of
Hoeffding and Bentkus).
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy.special import bdtr, xlogy

from semlink.errors import InputError

FIRST = 1 / 3  # share of the calibration samples that choose doubt and sequence
STEPS = 20  # thresholds, at quantiles of the first part


class Rule(NamedTuple):
    """Takes a decision where a doubt is at most the threshold.

    doubt : name of the doubt
    threshold : minus infinity takes none
    """

    doubt: str
    threshold: float

    def takes(self, doubts: Mapping[str, np.ndarray]) -> np.ndarray:
        """Whether it takes the decision of each sample : [n], bool."""
        return np.asarray(doubts[self.doubt]) <= self.threshold


def p_value(losses: np.ndarray, epsilon: float) -> float:
    """P-value of the hypothesis that the mean loss is above ``epsilon``.

    By the binomial distribution where all losses are 0 or 1 (Clopper-Pearson), else by
    the smaller of the bounds of Hoeffding and Bentkus.

    Parameters
    ----------
    losses : [n], independent, from 0 to 1
    epsilon : from 0 to 1
    """
    n = len(losses)
    if n == 0:
        return 1.0
    mean = float(np.mean(losses))
    if np.isin(losses, (0, 1)).all():
        return float(bdtr(np.round(n * mean), n, epsilon))
    return _hoeffding_bentkus(mean, n, epsilon)


def calibrated(
    doubts: Mapping[str, np.ndarray],
    losses: np.ndarray,
    epsilon: float,
    delta: float,
    draws: np.random.Generator,
) -> Rule:
    """The rule that takes most decisions with a risk of at most ``epsilon``.

    Parameters
    ----------
    doubts : [n] each, by name, of the calibration samples
    losses : [n], from 0 to 1, of decisions that are taken
    epsilon : largest risk, between 0 and 1
    delta : probability that the bound fails, between 0 and 1
    draws : cuts the samples in two

    Raises
    ------
    InputError
        See above; or there are no samples, or losses beyond 0 to 1.
    """
    losses = np.asarray(losses, float)
    _check(doubts, losses, epsilon, delta)
    order = draws.permutation(len(losses))
    first, second = np.split(order, [int(np.ceil(FIRST * len(order)))])
    left = len(second) / len(first)
    plans = [
        _planned(name, np.asarray(doubt)[first], losses[first], (epsilon, delta), left)
        for name, doubt in doubts.items()
    ]
    best = max(plans, key=lambda plan: plan.promise)
    doubt = np.asarray(doubts[best.doubt])[second]
    found = furthest(doubt, losses[second], best.thresholds, epsilon, delta)
    return Rule(best.doubt, found)


def furthest(
    doubt: np.ndarray,
    losses: np.ndarray,
    thresholds: np.ndarray,
    epsilon: float,
    delta: float,
) -> float:
    """The last threshold of a sequence before the first that fails its test.

    Parameters
    ----------
    doubt, losses : [n], of samples that the thresholds do not depend on
    thresholds : in the order of the tests
    epsilon, delta : as in :func:`calibrated`

    Output
    ------
    : minus infinity if the first one fails
    """
    found = -np.inf
    for threshold in thresholds:
        if p_value(losses[doubt <= threshold], epsilon) > delta:
            break
        found = float(threshold)
    return found


class _Plan(NamedTuple):
    """A doubt, its thresholds, and the decisions that it promises to take."""

    doubt: str
    thresholds: np.ndarray
    promise: tuple[float, float]


def _planned(
    name: str, doubt: np.ndarray, losses: np.ndarray, bound: tuple, left: float
) -> _Plan:
    """The sequence of a doubt, which begins where the test is likeliest to succeed."""
    epsilon, delta = bound
    grid = np.unique(np.quantile(doubt, np.arange(1, STEPS + 1) / STEPS))
    taken = [losses[doubt <= threshold] for threshold in grid]
    p = np.array(
        [
            _hoeffding_bentkus(
                float(own.mean()), max(1, round(left * len(own))), epsilon
            )
            for own in taken
        ]
    )
    shares = [
        len(own) / len(losses)
        for own, one in zip(taken, p, strict=True)
        if one <= delta
    ]
    return _Plan(name, grid[int(p.argmin()) :], (max(shares, default=0.0), -p.min()))


def _hoeffding_bentkus(mean: float, n: int, epsilon: float) -> float:
    """Smaller of both p-values of a mean loss of ``n`` samples."""
    below = min(mean, epsilon)
    divergence = xlogy(below, below / epsilon)
    divergence += xlogy(1 - below, (1 - below) / (1 - epsilon))
    bentkus = np.e * bdtr(np.ceil(n * mean - 1e-9), n, epsilon)
    return float(min(1.0, np.exp(-n * divergence), bentkus))


def _check(doubts, losses: np.ndarray, epsilon: float, delta: float) -> None:
    for name, value in (("epsilon", epsilon), ("delta", delta)):
        if not 0 < value < 1:
            raise InputError(f"{name} must be between 0 and 1, got {value:g}")
    if len(losses) < 2:
        raise InputError(f"calibration must have 2 samples or more, got {len(losses)}")
    if not np.all((losses >= 0) & (losses <= 1)):
        worst = losses[np.argmax(np.abs(losses - 0.5))]
        raise InputError(f"losses must be from 0 to 1, got {worst:g}")
    for name, doubt in doubts.items():
        if np.shape(doubt) != losses.shape or not np.isfinite(doubt).all():
            must = f"doubt {name} must be {len(losses)} finite numbers"
            raise InputError(f"{must}, got {np.size(doubt)}")
