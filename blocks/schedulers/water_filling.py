"""Water-filling: everyone sends at once, at powers that maximise the sum of rates.

Channel uses are shared in proportion to what is asked for. With ``g`` the Es/N0 at
nominal power, ``p = [level - 1/g]+``.
"""

import numpy as np

from blocks.powers import in_proportion, powered


class WaterFilling:
    """Knows reported states."""

    def __call__(self, demands, pool, memory, draws):
        """Shares in proportion, powers by water-filling; no memory."""
        uses = in_proportion(demands, pool)
        return powered(demands, pool, uses, np.ones(uses.shape)), None


def build() -> WaterFilling:
    """Build the scheduler."""
    return WaterFilling()
