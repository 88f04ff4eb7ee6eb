"""Checks of what a scheduler returns."""

from typing import Any

import numpy as np

from semlink.contracts.fault import refuse, shown
from semlink.loop.pool import (
    LEAST_DB,
    MOST_DB,
    MOST_REDUNDANCY,
    Demands,
    Pool,
    Shares,
)
from semlink.units import db_to_linear

TOLERANCE = 1e-6  # of powers


def check_shares(who: str, demands: Demands, pool: Pool, shares: Any) -> Shares:
    """Shares that keep the contract.

    Raises
    ------
    InputError
        They have another shape, or exceed the pool or what the profiles have left.
    """
    shape = demands.uses.shape
    if not isinstance(shares, Shares):
        refuse(who, "Shares", shown(shares))
    for name, values in shares._asdict().items():
        if np.shape(values) != shape:
            refuse(who, f"{name} of shape {shape}", f"shape {np.shape(values)}")
    if np.any(shares.uses < 0):
        refuse(who, "uses of at least 0", f"{np.min(shares.uses)}")
    sums = shares.uses.sum(-1)
    if np.any(over := sums > pool.uses):
        most, got = (np.broadcast_to(v, over.shape)[over][0] for v in (pool.uses, sums))
        refuse(who, f"at most the pool's {most} channel uses", f"{got}")
    if np.any(over := shares.uses > np.where(demands.backlog > 0, demands.most, 0)):
        refuse(who, "uses that the profile allows", f"{shares.uses[over].flat[0]}")
    if np.any(shares.retransmissions > demands.retransmissions):
        refuse(who, "retransmissions that the profile allows", "more")
    _check_scheme(who, demands, shares)
    _check_power(who, pool, shares)
    return shares


def _check_scheme(who: str, demands: Demands, shares: Shares) -> None:
    """A user has its transmitter or its alternative, and a redundancy of a grant."""
    sent, place = shares.uses > 0, shares.transmitter
    held = (place == demands.transmitter) | (place == demands.alternative)
    if np.any(other := sent & ~(held & (place >= 0))):
        must = "a transmitter that its user asks for or has as its alternative"
        refuse(who, must, f"{place[other].flat[0]}")
    steps = shares.redundancy
    if np.any(over := (steps < 0) | (steps > MOST_REDUNDANCY)):
        must = f"a redundancy from 0 to {MOST_REDUNDANCY}"
        refuse(who, must, f"{steps[over].flat[0]}")


def _check_power(who: str, pool: Pool, shares: Shares) -> None:
    """A grant can express the powers, and the pool has their energy."""
    power_db, uses = shares.power_db, shares.uses
    sent = power_db[uses > 0]
    if sent.size and not (sent.min() >= LEAST_DB and sent.max() <= MOST_DB):
        must = f"powers from {LEAST_DB:g} to {MOST_DB:g} dB"
        refuse(who, must, f"{sent.min():g} to {sent.max():g}")
    spent = np.sum(uses * db_to_linear(power_db), -1)
    most = pool.uses * db_to_linear(max(pool.power_db, LEAST_DB))
    if np.any(spent > most * (1 + TOLERANCE)):
        refuse(
            who, "at most the energy of the pool", f"{np.max(spent / most):.3g} of it"
        )
