"""What a learned scheduler sees of each user, whatever their number."""

import numpy as np

from semlink.loop.pool import Demands, Pool

NAMES = (
    "asks", "backlog", "waited", "slack", "weight", "priority", "rate", "known",
    "wants", "fits", "again", "load", "room",
)  # fmt: skip
FEATURES = len(NAMES)
ASKS = NAMES.index("asks")


def features(demands: Demands, pool: Pool) -> np.ndarray:
    """Features of the users, each about unit range : [..., K, 13], float32.

    All of what a scheduler may know, and how full the pool is: the channel uses that
    all users want, over those of the pool. Users that ask for nothing have zeros, but
    for the last two features, which are those of the cell.
    """
    asks, wanted = demands.backlog > 0, demands.wanted
    pool_uses = np.maximum(np.expand_dims(np.asarray(pool.uses), -1), 1)
    left = np.clip(demands.left_slots, 0.0, 1e6)
    span = np.maximum(demands.wait_slots + left, 1e-9)
    weight = np.maximum(demands.importance, 1e-6) * 2.0**demands.priority
    load = np.log1p(wanted.sum(-1, keepdims=True) / pool_uses)
    own = (
        np.ones(asks.shape),
        np.log1p(demands.backlog) / 3,
        demands.wait_slots / span,
        1 / (1 + left),
        np.log2(weight) / 6,
        demands.priority / 3,
        demands.rate / 6,
        np.isfinite(demands.state_db),
        np.log1p(wanted / pool_uses),
        wanted >= demands.least,
        demands.retransmissions / 3,
    )
    of_cell = load / 2, np.log2(pool_uses + 0.0) / 16
    columns = [np.where(asks, values, 0.0) for values in own]
    columns += [np.broadcast_to(values, asks.shape) for values in of_cell]
    return np.stack(columns, axis=-1).astype(np.float32)
