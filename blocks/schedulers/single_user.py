"""One user: what the adapter asks for, up to the pool and the profile."""

import numpy as np

from semlink.errors import InputError
from semlink.loop.pool import granted, nominal_db


class SingleUser:
    """Grants the demand of one user, at nominal power if the pool has it."""

    def __call__(self, demands, pool, memory, draws):
        """What the user wants; no memory."""
        users = demands.uses.shape[-1]
        if users > 1:
            raise InputError(f"single_user must have at most one demand, got {users}")
        uses = np.minimum(demands.wanted, np.expand_dims(pool.uses, -1))
        return granted(demands, uses, nominal_db(pool)), None


def build() -> SingleUser:
    """Build the scheduler."""
    return SingleUser()
