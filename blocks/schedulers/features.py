"""What a learned scheduler sees of each user, whatever their number."""

import numpy as np

from blocks.powers import LEAST
from blocks.schedulers.drift_plus_penalty import Alternative, advice, exchanges
from semlink.loop.pool import Demands, Pool
from semlink.units import linear_to_db

OWN = (
    "asks", "backlog", "waited", "slack", "weight", "priority", "rate", "known",
    "wants", "fits", "ease", "again",
)  # fmt: skip
KNOWLEDGE = ("expects", "prior", "needs", "needs_power")
ALTERNATIVE = (
    "other", "other_wants", "other_fits", "other_ease", "other_prior",
    "other_needs_power",
)  # fmt: skip
FEEDBACK = ("gained", "judged", "quality")
ADVICE = ("advised_score", "advised_power", "advised_other")
CELL = ("load", "room")
NAMES = OWN + KNOWLEDGE + ALTERNATIVE + FEEDBACK + ADVICE + CELL
FEATURES = len(NAMES)
ASKS = NAMES.index("asks")
V, URGENCY = 16.0, 4.0  # of the advice; within the limit on tuning traffic
RULE: Alternative = "leaner"
FRAME = 0.2 * 8_500 / 4_500  # price of a frame at which they were tuned
UNSERVED = -0.5  # score of users whom the advice leaves out


def features(demands: Demands, pool: Pool) -> np.ndarray:
    """Features of the users, each about unit range : [..., K, F], float32.

    All of what a scheduler may know of a user: queue, state and channel uses; what
    shared knowledge expects of its frame; the same of its alternative transmitter; what
    was reported of the frames before; and what ``drift_plus_penalty`` says of it. At
    last, how full the pool is: the channel uses that all users want, over those of the
    pool. Users that ask for nothing have zeros, but for the last two.
    """
    asks, wanted = demands.backlog > 0, demands.wanted
    pool_uses = np.maximum(np.expand_dims(np.asarray(pool.uses), -1), 1)
    left = np.clip(demands.left_slots, 0.0, 1e6)
    span = np.maximum(demands.wait_slots + left, 1e-9)
    weight = np.maximum(demands.importance, 1e-6) * 2.0**demands.priority
    load = np.log1p(wanted.sum(-1, keepdims=True) / pool_uses)
    price = price_of(demands, pool)
    own = (
        np.ones(asks.shape),
        np.log1p(demands.backlog) / 3,
        demands.wait_slots / span,
        1 / (1 + left),
        np.log2(weight) / 6,
        demands.priority / 3,
        demands.rate / 6,
        np.isfinite(demands.state_db),
        *_room(wanted, demands.least, pool_uses),
        demands.retransmissions / 3,
        *_known(demands.prior),
        *_known(_power(demands.needs_db)),
        *_other(demands, pool_uses),
        np.log1p(np.maximum(demands.gained, 0)) / 3,
        *_known(demands.quality),
        *advised(demands.exchanged(rule := exchanges(demands, RULE)), pool, price),
        rule,
    )
    of_cell = load / 2, np.log2(pool_uses + 0.0) / 16
    columns = [np.where(asks, values, 0.0) for values in own]
    columns += [np.broadcast_to(values, asks.shape) for values in of_cell]
    return np.stack(columns, axis=-1).astype(np.float32)


def price_of(demands: Demands, pool: Pool) -> np.ndarray:
    """Price of power for the advice, by what a frame costs at nominal power : [..., K].

    Where channel uses cost nothing, nothing is saved.
    """
    uses = np.maximum(np.expand_dims(np.asarray(pool.uses), -1), 1)
    return V * (pool.price * demands.uses / uses) / FRAME


def advised(
    demands: Demands, pool: Pool, price: np.ndarray, redundancy=0
) -> tuple[np.ndarray, np.ndarray]:
    """Scores and powers [10 dB] of users by ``drift_plus_penalty`` : [..., K] each.

    A score rises with the value of serving a user, and is above 0 if it is worth it.

    Parameters
    ----------
    demands, pool : as usual
    price : of power : [..., K]
    redundancy : with which signals are sent : [..., K], or one for all
    """
    value, power, served = advice(demands, pool, price, URGENCY, True, redundancy)
    score = np.where(served, np.log1p(np.maximum(value, 0)) / 3, UNSERVED)
    return score, linear_to_db(np.maximum(power, LEAST)) / 10


def _room(wanted, least, pool_uses) -> tuple[np.ndarray, ...]:
    """Share of the pool, whether it holds a signal, and by how many octaves it does."""
    ratio = np.maximum(wanted, 1) / np.maximum(least, 1)
    ease = np.clip(np.log2(ratio), -3, 3) / 3
    return np.log1p(wanted / pool_uses), wanted >= least, ease


def _other(demands: Demands, pool_uses) -> tuple[np.ndarray, ...]:
    """Whether there is an alternative, what it needs, and what it should bring."""
    held = demands.alternative >= 0
    other = demands.exchanged(held)
    needs = _room(other.wanted, other.least, pool_uses)
    prior = np.nan_to_num(demands.alternative_prior)
    power = np.nan_to_num(_power(demands.alternative_needs_db))
    return held, *(np.where(held, of, 0.0) for of in (*needs, prior, power))


def _power(needs_db) -> np.ndarray:
    """A power in units of 10 dB, within -2 and 2; NaN where it is unknown."""
    return np.clip(needs_db / 10, -2, 2)


def _known(value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether a value is known, and the value, or 0."""
    return np.isfinite(value), np.nan_to_num(value)
