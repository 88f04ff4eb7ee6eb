"""Round robin: users in turn, beginning after the one that was served last."""

import numpy as np

from semlink.loop.pool import granted, in_order, nominal_db


class RoundRobin:
    """Remembers the user that was served last."""

    def __call__(self, demands, pool, memory, draws):
        """Shares in turn; the memory is an int array [...]."""
        users = demands.uses.shape[-1]
        last = np.full(demands.uses.shape[:-1], -1) if memory is None else memory
        turn = (np.arange(users) - last[..., None] - 1) % max(users, 1)
        uses = in_order(-turn, demands, pool)
        served = np.where(uses > 0, turn, -1).max(axis=-1, initial=-1)
        last = np.where(served >= 0, (last + 1 + served) % max(users, 1), last)
        return granted(demands, uses, nominal_db(pool)), last


def build() -> RoundRobin:
    """Build the scheduler."""
    return RoundRobin()
