"""Distortion water-filling: powers that minimise the weighted distortion of all users.

An analog user of weight ``w`` and Es/N0 ``g`` at nominal power has the distortion
``w / (1 + p g)``, so that ``p = [level sqrt(w / g) - 1/g]+``. The weight is the
importance of the frame, doubled by each priority.
"""

import numpy as np

from blocks.powers import in_proportion, powered, state


class DistortionWaterFilling:
    """Knows reported states, importances and priorities."""

    def __call__(self, demands, pool, memory, draws):
        """Shares in proportion, powers by the weighted distortion; no memory."""
        uses = in_proportion(demands, pool)
        weight = demands.importance * 2.0**demands.priority
        return powered(demands, pool, uses, np.sqrt(weight / state(demands))), None


def build() -> DistortionWaterFilling:
    """Build the scheduler."""
    return DistortionWaterFilling()
