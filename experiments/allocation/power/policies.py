"""Policies without learning that share a total power among users.

A policy maps draws to powers : [B, K]. All but the tuned exponent are functions of the
draws alone.
"""

from collections.abc import Callable, Sequence

import numpy as np

from experiments.allocation.power.draws import Draws
from experiments.allocation.power.water_filling import (
    distortion_water_filling,
    rate_water_filling,
    weighted_distortion,
)

Policy = Callable[[Draws], np.ndarray]
EXPONENTS = np.round(np.arange(0, 2.01, 0.05), 2)  # of the importance, to tune


def equal(draws: Draws) -> np.ndarray:
    """The same power for all users."""
    return np.ones_like(draws.noise)


def by_importance(exponent: float) -> Policy:
    """Power in proportion to a power of the importance, without channel state."""

    def policy(draws: Draws) -> np.ndarray:
        return draws.total * _shares(draws.importance**exponent)

    return policy


def rate(draws: Draws) -> np.ndarray:
    """Water-filling for the sum of rates, which ignores importance."""
    return rate_water_filling(draws.noise, draws.total)


def optimum(draws: Draws) -> np.ndarray:
    """Distortion water-filling, the optimum."""
    return distortion_water_filling(draws.weight, draws.noise, draws.total)


def at_random(rng: np.random.Generator) -> Policy:
    """Shares uniform on the simplex."""

    def policy(draws: Draws) -> np.ndarray:
        return draws.total * _shares(rng.exponential(size=draws.noise.shape))

    return policy


def tuned_exponent(training: Sequence[Draws]) -> float:
    """The exponent of the least mean gap on sets of training draws."""
    losses = [_mean_gap(by_importance(b), training) for b in EXPONENTS]
    return float(EXPONENTS[int(np.argmin(losses))])


def distortion(policy: Policy, draws: Draws) -> np.ndarray:
    """Weighted distortion of each draw under a policy : [B]."""
    return weighted_distortion(draws.weight, draws.noise, policy(draws))


def gap_percent(policy: Policy, draws: Draws) -> float:
    """Excess of the mean weighted distortion over that of the optimum [%]."""
    ours, best = (distortion(p, draws).mean() for p in (policy, optimum))
    return float(100 * (ours / best - 1))


def _mean_gap(policy: Policy, sets: Sequence[Draws]) -> float:
    return float(np.mean([gap_percent(policy, draws) for draws in sets]))


def _shares(values: np.ndarray) -> np.ndarray:
    return values / values.sum(axis=-1, keepdims=True)
