"""The best assignment of users to blocks of a slot, by the Hungarian method.

The pool of a slot is divided into equal blocks, each of a power of its own. A user gets
at most one block, and a block has at most one user. The value of block m for user k is

    w (1 + urgency waited) utility  (uses / wanted)  log2(1 + p_m g)

with ``w`` the importance doubled by each priority, ``waited`` the share of the time to
the deadline that has passed, and ``g`` the Es/N0 that was reported. It is 0 if the
block holds no signal. The sum of values over one-to-one assignments is a linear
assignment problem, which the Hungarian method solves exactly.

What a user leaves of its block is not given to others, and a block that nobody has
leaves its energy unused. A user of several blocks would make a knapsack problem, which
no assignment solves: by default a block therefore holds the largest frame.

References
----------
H. W. Kuhn, "The Hungarian method for the assignment problem", Naval Research Logistics
Quarterly 2, 1955. SciPy has the variant of D. F. Crouse, IEEE Transactions on Aerospace
and Electronic Systems 52, 2016.
"""

from typing import Annotated, NamedTuple

import numpy as np
from pydantic import Field
from scipy.optimize import linear_sum_assignment

from blocks.powers import LEAST, state
from semlink.loop.pool import Demands, Pool, granted, nominal_db
from semlink.units import db_to_linear, linear_to_db


class Blocks(NamedTuple):
    """Blocks of the slots of several cells.

    size : int [N], channel uses of a block
    power : [N, M], of each block over the nominal power, falling; 0: not in use
    """

    size: np.ndarray
    power: np.ndarray


class Assignment(NamedTuple):
    """Parameters as of :func:`build`; remembers nothing."""

    blocks: int | None
    spread_db: float
    urgency: float

    def __call__(self, demands, pool, memory, draws):
        """Shares by the best assignment; no memory."""
        shape = demands.uses.shape
        flat = Demands(*(np.reshape(part, (-1, shape[-1])) for part in demands))
        of = self.divided(flat, pool)
        value, uses = self.values(flat, of)
        given, power = np.zeros(value.shape[:2], int), np.ones(value.shape[:2])
        for cell, one in enumerate(value):
            user, block = linear_sum_assignment(one, maximize=True)
            served = one[user, block] > 0
            user, block = user[served], block[served]
            given[cell, user] = uses[cell, user]
            power[cell, user] = of.power[cell, block]
        power_db = linear_to_db(power).reshape(shape)
        return granted(demands, given.reshape(shape), power_db), None

    def divided(self, demands: Demands, pool: Pool) -> Blocks:
        """Blocks of the pool, for demands [N, K]."""
        wanted = demands.wanted
        uses = np.broadcast_to(np.asarray(pool.uses).reshape(-1), len(wanted))
        if self.blocks is None:
            count = uses // np.maximum(wanted.max(-1, initial=0), 1)
        else:
            count = np.full(len(wanted), self.blocks)
        count = np.maximum(count, 1)
        used = np.minimum(count, np.maximum(np.sum(wanted > 0, axis=-1), 1))
        power = _powers(used, self.spread_db, db_to_linear(nominal_db(pool)))
        return Blocks(uses // count, power)

    def values(self, demands: Demands, of: Blocks) -> tuple[np.ndarray, np.ndarray]:
        """Values of blocks for users [N, K, M], and uses of a user in one [N, K]."""
        wanted = demands.wanted
        uses = np.minimum(wanted, of.size[:, None])
        uses = np.where(uses < demands.least, 0, uses)
        worth = self._worth(demands) * uses / np.maximum(wanted, 1)
        power = of.power[:, None]
        return worth[..., None] * np.log2(1 + power * state(demands)[..., None]), uses

    def _worth(self, demands: Demands) -> np.ndarray:
        """Weight, urgency and expected utility of the oldest frames : [N, K]."""
        span = demands.wait_slots + np.maximum(demands.left_slots, 0)
        waited = demands.wait_slots / np.maximum(span, 1e-9)  # 1 at the deadline
        weight = demands.importance * 2.0**demands.priority
        utility = np.nan_to_num(demands.prior, nan=1.0)
        return weight * (1 + self.urgency * waited) * utility


def _powers(used: np.ndarray, spread_db: float, nominal: float) -> np.ndarray:
    """Powers of the blocks in use, whose mean is the nominal one : [N, M].

    From the first to the last of them, what a power has above the least one that a
    grant can express falls by the spread.
    """
    rank = np.arange(used.max(initial=1))
    last = np.maximum(used - 1, 1)[:, None]
    shape = np.where(rank < used[:, None], db_to_linear(-spread_db * rank / last), 0.0)
    shape = shape * used[:, None] / shape.sum(-1, keepdims=True)
    return np.where(shape > 0, LEAST + (nominal - LEAST) * shape, 0.0)


def build(
    blocks: Annotated[int, Field(ge=1, le=1024)] | None = None,
    spread_db: Annotated[float, Field(ge=0, le=12)] = 0.0,
    urgency: Annotated[float, Field(ge=0, le=1e6)] = 4.0,
) -> Assignment:
    """Build the scheduler.

    Parameters
    ----------
    blocks : of a slot; by default as many as hold the largest frame, at least one
    spread_db : power of the first block over that of the last one [dB]; at 0 the blocks
        are equal, and the assignment is a choice of the best users
    urgency : weight of a frame at its deadline, less 1, over that of a new one
    """
    return Assignment(blocks, spread_db, urgency)
