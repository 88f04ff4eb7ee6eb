"""Max-weight: the user of the largest product of backlog and rate.

It keeps all queues stable under any load that some scheduler can keep stable.

References
----------
L. Tassiulas, A. Ephremides, "Stability properties of constrained queueing systems and
scheduling policies for maximum throughput in multihop radio networks", IEEE Trans.
Automatic Control, 1992.
"""

from semlink.loop.pool import granted, in_order, nominal_db


class MaxWeight:
    """Knows backlogs and reported states."""

    def __call__(self, demands, pool, memory, draws):
        """Shares by backlog times rate; no memory."""
        uses = in_order(demands.backlog * demands.rate, demands, pool)
        return granted(demands, uses, nominal_db(pool)), None


def build() -> MaxWeight:
    """Build the scheduler."""
    return MaxWeight()
