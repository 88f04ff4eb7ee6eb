"""Powers of users that share a pool, in closed form.

Both laws of water-filling have the form ``p = [level a - b]+`` with ``b = 1/g``: with
``a = 1`` the sum of rates is largest, with ``a = sqrt(w / g)`` the weighted distortion
is smallest.
"""

import numpy as np

from semlink.loop.pool import (
    LEAST_DB,
    MOST_DB,
    Demands,
    Pool,
    Shares,
    granted,
    nominal_db,
)
from semlink.units import db_to_linear, linear_to_db

WEAKEST = 1e-6  # Es/N0 of a user whose state is unknown, or who has no channel
LEAST, MOST = db_to_linear(LEAST_DB), db_to_linear(MOST_DB)


def state(demands: Demands) -> np.ndarray:
    """Reported Es/N0 at nominal power [..., K], linear and above 0."""
    known = np.nan_to_num(db_to_linear(demands.state_db), nan=0.0)
    return np.maximum(known, WEAKEST)


def in_proportion(demands: Demands, pool: Pool) -> np.ndarray:
    """Channel uses [..., K] in proportion to what is wanted."""
    wanted, left = demands.wanted, np.expand_dims(pool.uses, -1)
    share = np.minimum(left / np.maximum(wanted.sum(-1, keepdims=True), 1), 1.0)
    uses = np.floor(wanted * share + 1e-9).astype(int)
    return np.where(uses < demands.least, 0, uses)


def filled(a: np.ndarray, b: np.ndarray, budget, uses: np.ndarray | float = 1.0):
    """Powers ``[level a - b]+`` whose energy ``sum(uses p)`` is the budget : [..., K].

    Users are active in the order of ``b / a``. With m active users the level is the
    budget plus their ``b``, over their ``a``; m is the largest number whose last user
    has a power above zero. No iteration is needed.

    Parameters
    ----------
    a, b : [..., K], above 0
    budget : [...], energy
    uses : [..., K], symbols of each user, or the same for all
    """
    start = b / a  # level from which a user has power
    order = np.argsort(start, axis=-1)
    start, slope, depth = (
        np.take_along_axis(values, order, -1) for values in (start, uses * a, uses * b)
    )
    slope, depth = np.cumsum(slope, -1), np.cumsum(depth, -1)
    level = (np.expand_dims(budget, -1) + depth) / np.maximum(slope, 1e-300)
    active = np.sum(level > start, axis=-1, keepdims=True)
    level = np.take_along_axis(level, np.maximum(active - 1, 0), -1)
    return np.maximum(level * a - b, 0.0)


def powered(demands: Demands, pool: Pool, uses: np.ndarray, a: np.ndarray) -> Shares:
    """Shares whose powers follow ``[level a - 1/g]+``, with the energy of these uses.

    Whoever would get less power than a grant can express sends nothing.
    """
    budget = db_to_linear(min(pool.power_db, 0.0)) * uses.sum(-1)
    power = filled(a, 1 / state(demands), budget, uses)
    uses = np.where(power < LEAST, 0, uses)
    return granted(demands, uses, linear_to_db(np.clip(power, LEAST, MOST)))


def affordable(pool: Pool, uses: np.ndarray, power_db: np.ndarray) -> np.ndarray:
    """Powers whose energy the pool has, and that a grant can express : [..., K], dB.

    Nominal power is always there. What users ask for beyond it shrinks by one factor,
    if the energy that the others leave is too little.

    Parameters
    ----------
    uses : int [..., K], that the pool has
    power_db : [..., K], what is asked for
    """
    asked = db_to_linear(np.clip(power_db, LEAST_DB, MOST_DB))
    sure = np.minimum(asked, db_to_linear(nominal_db(pool)))
    more = np.sum(uses * (asked - sure), -1)
    energy = pool.uses * db_to_linear(max(pool.power_db, LEAST_DB))
    left = energy - np.sum(uses * sure, -1)
    share = np.clip(left / np.maximum(more, 1e-300), 0.0, 1.0)
    power = sure + share[..., None] * (asked - sure)
    return np.clip(linear_to_db(power), LEAST_DB, MOST_DB)
