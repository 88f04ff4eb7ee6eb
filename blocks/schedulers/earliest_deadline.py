"""Earliest deadline first."""

import numpy as np

from semlink.loop.pool import granted, in_order, nominal_db


class EarliestDeadline:
    """Knows the deadlines of the frames that wait."""

    def __call__(self, demands, pool, memory, draws):
        """Shares by the slots that are left; no memory."""
        left = np.minimum(demands.left_slots, 1e12)  # those without a deadline last
        uses = in_order(-left, demands, pool)
        return granted(demands, uses, nominal_db(pool)), None


def build() -> EarliestDeadline:
    """Build the scheduler."""
    return EarliestDeadline()
