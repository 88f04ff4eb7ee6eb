"""Strict priority: the most urgent class first, within it who has waited longest.

Under load, low classes get nothing.
"""

from semlink.loop.pool import granted, in_order, nominal_db


class StrictPriority:
    """Knows the priorities of the profiles."""

    def __call__(self, demands, pool, memory, draws):
        """Shares by priority, then by the slots waited; no memory."""
        waited = demands.wait_slots / (1 + demands.wait_slots)  # below one class
        uses = in_order(demands.priority + waited, demands, pool)
        return granted(demands, uses, nominal_db(pool)), None


def build() -> StrictPriority:
    """Build the scheduler."""
    return StrictPriority()
