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

from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import Field

from blocks.powers import LEAST, MOST, state
from semlink.loop.pool import (
    MOST_AGAIN,
    MOST_REDUNDANCY,
    REDUNDANCY_DB,
    Demands,
    Pool,
    Shares,
    granted,
    in_order,
)
from semlink.units import db_to_linear, linear_to_db

STEP_DB = 1.0  # of the powers that a grant can express, which rounds them down
TINY = 1e-9
ABOVE = 1 + 1e-9  # for a power at a limit, which rounding must not put below it
Price = Annotated[float, Field(ge=0, le=1e9)]
Alternative = Literal["never", "always", "better", "leaner"]


class Advice(NamedTuple):
    """What the rule says of users; all arrays [..., K].

    value : of serving them
    power : over the nominal power
    served : whether they are worth it
    """

    value: np.ndarray
    power: np.ndarray
    served: np.ndarray


def advice(
    demands: Demands, pool: Pool, price, urgency, fits: bool = False, redundancy=0
) -> Advice:
    """Values and powers of users.

    Parameters
    ----------
    price : of power, [..., 1], or one for all
    urgency : frames of backlog that a frame at its deadline counts for, as ``price``
    fits : serve nobody with less power than its signal needs, as far as that is known
    redundancy : with which signals are sent : [..., K], or one for all
    """
    wants, g = _effective(demands, urgency), state(demands)
    peak = _peak(pool)
    power = _powers(wants, g, price, peak)
    value = wants * np.log2(1 + power * g) - price * power
    served = (power >= LEAST) & (value > 0)
    if fits:
        needs = needed(demands, redundancy)
        served &= needs <= peak * ABOVE
        power = np.clip(needs, power, peak)
    return Advice(value, power, served)


class DriftPlusPenalty(NamedTuple):
    """Parameters as of :func:`build`; remembers the virtual queue of power."""

    v: float
    urgency: float
    mean_db: float | None = None
    redundancy: int = 0
    retransmissions: int = MOST_AGAIN
    alternative: Alternative = "never"
    fits: bool = False

    def __call__(self, demands, pool, memory, draws):
        """Shares by backlog, urgency and power; the memory is an array [...]."""
        queue = np.zeros(demands.uses.shape[:-1]) if memory is None else memory
        price = (self.v + queue)[..., None]
        demands = demands.exchanged(exchanges(demands, self.alternative))
        rule = price, self.urgency, self.fits
        value, power, served = advice(demands, pool, *rule)
        uses = in_order(np.where(served, value, -np.inf), demands, pool)
        power_db = linear_to_db(np.maximum(power, LEAST))
        scheme = self._redundancy(demands, power_db), self.retransmissions
        shares = granted(demands, uses, power_db, *scheme)
        return shares, self._spent(queue, pool, shares)

    def _redundancy(self, demands: Demands, power_db: np.ndarray) -> np.ndarray:
        """Redundancy of grants, as far as their powers are known to hold it."""
        if not self.fits:
            return np.asarray(self.redundancy)
        spare_db = power_db - np.nan_to_num(demands.needs_db, nan=-np.inf)
        steps = np.floor(np.maximum(spare_db, 0) / REDUNDANCY_DB + TINY)
        return np.minimum(steps, self.redundancy).astype(int)

    def _spent(self, queue, pool, shares: Shares):
        """The virtual queue after a decision."""
        if self.mean_db is None:
            return queue
        energy = np.sum(shares.uses * db_to_linear(shares.power_db), -1)
        mean = energy / np.maximum(pool.uses, 1)
        return np.maximum(queue + mean - db_to_linear(self.mean_db), 0.0)


def _effective(demands: Demands, urgency) -> np.ndarray:
    """Backlog and urgency, times importance and priority : [..., K]."""
    span = demands.wait_slots + np.maximum(demands.left_slots, 0)
    waited = demands.wait_slots / np.maximum(span, 1e-9)  # 1 at the deadline
    weight = demands.importance * 2.0**demands.priority
    asks = demands.backlog > 0
    return weight * (demands.backlog + urgency * np.where(asks, waited, 0.0))


def needed(demands: Demands, redundancy=0) -> np.ndarray:
    """Power that a signal needs, of those that a grant can express; 0 if unknown.

    Parameters
    ----------
    redundancy : with which it is sent : [..., K], or one for all
    """
    needs_db = demands.needs_db + REDUNDANCY_DB * redundancy
    needs = db_to_linear(STEP_DB * np.ceil(needs_db / STEP_DB - TINY)) * ABOVE
    return np.nan_to_num(needs, nan=0.0, posinf=np.inf)


def exchanges(demands: Demands, rule: Alternative) -> np.ndarray:
    """Whose transmitter is exchanged for the alternative : [..., K], bool."""
    if rule in ("never", "always"):
        return np.full(demands.uses.shape, rule == "always")
    own, other = demands.prior, demands.alternative_prior
    if rule == "leaner":
        own = own / np.maximum(demands.uses, 1)
        other = other / np.maximum(demands.alternative_uses, 1)
    return other > own  # not where a prior is unknown


def _peak(pool) -> float:
    """Largest power that a pool has for each channel use."""
    return float(np.clip(db_to_linear(pool.power_db), LEAST, MOST))


def _powers(wants, g, price, peak: float) -> np.ndarray:
    """Powers that maximise ``X log2(1 + p g) - price p``, up to a peak : [..., K]."""
    free = wants / (np.log(2) * np.maximum(price, 1e-12)) - 1 / g
    return np.clip(free, 0.0, peak)


def build(
    v: Price = 1.0,
    urgency: Price = 4.0,
    mean_db: float | None = None,
    redundancy: Annotated[int, Field(ge=0, le=MOST_REDUNDANCY)] = 0,
    retransmissions: Annotated[int, Field(ge=0, le=MOST_AGAIN)] = MOST_AGAIN,
    alternative: Alternative = "never",
    fits: bool = False,
) -> DriftPlusPenalty:
    """Build the scheduler.

    Parameters
    ----------
    v : price of power
    urgency : frames of backlog that a frame at its deadline counts for
    mean_db : mean power over the nominal power that it holds [dB]; by default the
        price alone limits it
    redundancy : of all grants; with ``fits``, as far as their powers hold a signal
    retransmissions : of a frame, as far as its user asks for as many
    alternative : which users are granted their alternative transmitter: none, all,
        those of which it is expected to bring more utility, or more for each channel
        use
    fits : serve nobody with less power than its signal needs, as far as shared
        knowledge says so
    """
    scheme = redundancy, retransmissions, alternative, fits
    return DriftPlusPenalty(v, urgency, mean_db, *scheme)
