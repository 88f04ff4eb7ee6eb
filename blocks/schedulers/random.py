"""Users in random order: what every other scheduler must beat."""

from semlink.loop.pool import granted, in_order, nominal_db


class Random:
    """A new order for each decision."""

    def __call__(self, demands, pool, memory, draws):
        """Shares in random order; no memory."""
        uses = in_order(draws.random(demands.uses.shape), demands, pool)
        return granted(demands, uses, nominal_db(pool)), None


def build() -> Random:
    """Build the scheduler."""
    return Random()
