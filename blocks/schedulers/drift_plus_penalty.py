"""Drift plus penalty: backlogs and deadlines against the price of power.

In each slot, a user of effective backlog ``X`` and Es/N0 ``g`` would send with the
power ``p`` that maximises ``X log2(1 + p g) - (v + Y) p``. Users of the largest values
are served first. ``X`` is the backlog plus the urgency of the oldest frame, times the
weight of importance and priority. ``Y`` is a virtual queue, which holds the mean power
at ``mean_db``. With ``v`` the mean power approaches the least one that keeps the queues
stable as 1 / v, and backlogs grow as v.

References
----------
M. Neely, "Stochastic network optimization with application to communication and
queueing systems", Morgan & Claypool, 2010.
"""

from typing import Annotated, NamedTuple

import numpy as np
from pydantic import Field

from blocks.powers import LEAST, MOST, state
from semlink.loop.pool import Shares, granted, in_order
from semlink.units import db_to_linear, linear_to_db

Price = Annotated[float, Field(ge=0, le=1e9)]


class DriftPlusPenalty(NamedTuple):
    """Parameters as of :func:`build`; remembers the virtual queue of power."""

    v: float
    urgency: float
    mean_db: float | None

    def __call__(self, demands, pool, memory, draws):
        """Shares by backlog, urgency and power; the memory is an array [...]."""
        queue = np.zeros(demands.uses.shape[:-1]) if memory is None else memory
        price = (self.v + queue)[..., None]
        wants, g = self._effective(demands), state(demands)
        power = _powers(wants, g, price, _peak(pool))
        value = wants * np.log2(1 + power * g) - price * power
        served = (power >= LEAST) & (value > 0)
        uses = in_order(np.where(served, value, -np.inf), demands, pool)
        power_db = linear_to_db(np.maximum(power, LEAST))
        shares = granted(demands, uses, power_db)
        return shares, self._spent(queue, pool, shares)

    def _effective(self, demands) -> np.ndarray:
        """Backlog and urgency, times importance and priority : [..., K]."""
        span = demands.wait_slots + np.maximum(demands.left_slots, 0)
        waited = demands.wait_slots / np.maximum(span, 1e-9)  # 1 at the deadline
        weight = demands.importance * 2.0**demands.priority
        asks = demands.backlog > 0
        return weight * (demands.backlog + self.urgency * np.where(asks, waited, 0.0))

    def _spent(self, queue, pool, shares: Shares):
        """The virtual queue after a decision."""
        if self.mean_db is None:
            return queue
        energy = np.sum(shares.uses * db_to_linear(shares.power_db), -1)
        mean = energy / np.maximum(pool.uses, 1)
        return np.maximum(queue + mean - db_to_linear(self.mean_db), 0.0)


def _peak(pool) -> float:
    """Largest power that a pool has for each channel use."""
    return float(np.clip(db_to_linear(pool.power_db), LEAST, MOST))


def _powers(wants, g, price, peak: float) -> np.ndarray:
    """Powers that maximise ``X log2(1 + p g) - price p``, up to a peak : [..., K]."""
    free = wants / (np.log(2) * np.maximum(price, 1e-12)) - 1 / g
    return np.clip(free, 0.0, peak)


def build(
    v: Price = 1.0, urgency: Price = 4.0, mean_db: float | None = None
) -> DriftPlusPenalty:
    """Build the scheduler.

    Parameters
    ----------
    v : price of power
    urgency : frames of backlog that a frame at its deadline counts for
    mean_db : mean power over the nominal power that it holds [dB]; by default the
        price alone limits it
    """
    return DriftPlusPenalty(v, urgency, mean_db)
