"""A learned scheduler: soft actor-critic with a multiplier for the weight that is lost.

A network over the set of users (``blocks/nn/scheduling``) gives each a bid, a power, a
redundancy, a transmitter and the most retransmissions. All are continuous, as soft
actor-critic needs them: choices are the parts of a range that is cut. Users are served
in the order of falling bids, those of a bid of 0 or less not at all.
``docs/schedulers.md`` has the reward, the constraint and the results.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np

from blocks.schedulers.drift_plus_penalty import exchanges
from blocks.schedulers.features import ASKS, FEATURES, RULE, features
from blocks.schedulers.ppo_lagrangian import HEADS, Decider, files_of, read
from semlink.loop.pool import LEAST_DB, Demands, Pool, Shares, granted, in_order

MODEL, SHIPPED = "sac_lagrangian", "bids"
NUMBERS = ("bid", "power")  # outputs of a user, before the hyperbolic tangent
OUTPUTS = len(NUMBERS) + len(HEADS)
WEAKEST_DB = -12.0  # of the powers that a network chooses, below that of the pool


class SacLagrangian(Decider):
    """Decides by a network; remembers nothing.

    Parameters
    ----------
    net : takes features [B, K, F], gives outputs [B, K, 5]
    power : whether it sets powers; otherwise they are nominal
    """

    def __init__(self, net, power: bool = True):
        super().__init__(net, MODEL)
        self._power = power

    def __call__(self, demands, pool, memory, draws):
        """Shares by what the network says of the users' features."""
        action = np.tanh(self.outputs(features(demands, pool)))
        if not self._power:
            action[..., 1] = 1.0
        return by_bids(action, demands, pool), None


def by_bids(action: np.ndarray, demands: Demands, pool: Pool) -> Shares:
    """Shares by bids, powers and choices from -1 to 1 : [..., K, 5].

    A power of 1 is the mean one of the pool, up to the nominal one, -1 is 12 dB below.
    A choice is which of the equal parts of its range it is in; choices are those of the
    heads of ``ppo_lagrangian``.
    """
    bid, power, *choices = np.moveaxis(np.asarray(action), -1, 0)
    redundancy, other, again = map(_cut, choices, HEADS.values())
    most_db = min(float(pool.power_db), 0.0)
    power_db = most_db + WEAKEST_DB * (1 - np.clip(power, -1, 1)) / 2
    asked = demands.exchanged(exchanges(demands, RULE) ^ (other > 0))
    uses = in_order(np.where(bid > 0, bid, -np.inf), asked, pool)
    power_db = np.maximum(power_db, LEAST_DB)
    return granted(asked, uses, power_db, redundancy, again)


def _cut(choice: np.ndarray, parts: int) -> np.ndarray:
    """Which of the equal parts of the range from -1 to 1 a choice is in, from 0."""
    place = np.floor((choice + 1) / 2 * parts)
    return np.clip(place, 0, parts - 1).astype(int)


def network():
    """The network, with random weights."""
    from blocks.nn.scheduling.equivariant import Equivariant

    net = Equivariant(FEATURES, OUTPUTS, True, ASKS)
    net.build()
    return net


def build(policy: str = SHIPPED, power: bool = True) -> SacLagrangian:
    """Build the scheduler.

    Parameters
    ----------
    policy : name of a shipped policy, or a folder that the training wrote
    power : whether the network sets powers; otherwise they are nominal
    """
    return _built(policy, power)


@lru_cache(maxsize=8)
def _built(policy: str, power: bool) -> SacLagrangian:
    net, _ = read(MODEL, policy, lambda form: network())
    return SacLagrangian(net, power)


def files(policy: str = SHIPPED, power: bool = True) -> list[Path]:
    """Files that the results depend on."""
    return files_of(MODEL, policy)
