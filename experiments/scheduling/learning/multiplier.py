"""The multiplier of a constraint, and the reward that it makes of two.

PPO-Lagrangian follows the advantage ``(A_r - m A_c) / (1 + m)`` of reward and cost. The
division keeps the length of a step bounded as ``m`` grows. An advantage is linear in
rewards, so that one critic of the reward ``(r - m c) / (1 + m)`` gives the same.

References
----------
A. Stooke, J. Achiam, P. Abbeel, "Responsive safety in reinforcement learning by PID
Lagrangian methods", ICML 2020.
"""

from typing import NamedTuple

import numpy as np


class Gains(NamedTuple):
    """Gains of a controller; errors are relative to the limit.

    proportional, integral, derivative : as usual; multipliers of errors
    smooth : share of the former mean in a moving mean of costs
    """

    proportional: float = 1.0
    integral: float = 0.1
    derivative: float = 0.0
    smooth: float = 0.8


PID = Gains()
INTEGRAL = Gains(proportional=0.0)
RULES = {"pid": PID, "integral": INTEGRAL}


class Multiplier:
    """A multiplier that holds a mean cost at a limit.

    Parameters
    ----------
    limit : largest mean cost, above 0
    gains : of the controller
    scale : multiplier that a relative error of one stands for

    Attributes
    ----------
    value : the multiplier
    """

    def __init__(self, limit: float, gains: Gains = PID, scale: float = 1.0):
        self._limit, self._gains, self._scale = limit, gains, scale
        self._sum, self._mean, self.value = 0.0, None, 0.0

    def __call__(self, cost: float) -> float:
        """Follow the mean cost of a batch; the new multiplier."""
        gains, error = self._gains, cost / self._limit - 1
        before = error if self._mean is None else self._mean
        mean = gains.smooth * before + (1 - gains.smooth) * error
        self._mean = mean
        self._sum = max(self._sum + gains.integral * error, 0.0)
        rise = max(mean - before, 0.0)
        parts = gains.proportional * mean + self._sum + gains.derivative * rise
        self.value = max(parts, 0.0) * self._scale
        return self.value


def combined(reward: np.ndarray, cost: np.ndarray, multiplier: float) -> np.ndarray:
    """Rewards of an endless course by reward and cost, of mean zero : [B, T].

    The mean is that of all; the differences to it are what average reward is about.
    """
    both = (reward - multiplier * cost) / (1 + multiplier)
    return (both - both.mean()).astype(np.float32)
