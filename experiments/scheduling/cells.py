"""Episodes of a cell side by side, as reinforcement learning sees them.

It is a plain loop over arrays: reset, then steps. Training feeds what it gives to
TF-Agents as whole trajectories, which costs one call for all episodes where a
``TFEnvironment`` would cost several for each.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from blocks.schedulers.features import features
from experiments.scheduling.traffic import offered
from semlink.contracts.schedulers import check_shares
from semlink.loop.pool import Demands, Pool, Shares
from semlink.loop.traffic.environment import CellEnvironment, Tally


class Gained(NamedTuple):
    """What a slot brought; all arrays [B].

    reward : value less the price of channel uses, over the offered weight
    cost : weight of what is lost, over the offered weight
    """

    reward: np.ndarray
    cost: np.ndarray


class Cells:
    """Episodes of a cell, with observations, rewards and costs.

    With the weight ``W`` of the frames that are offered in a slot on average, a slot
    has the reward ``(sum value - price (sum energy + sum signalling) / pool) / W`` and
    the cost ``sum harm / W``.

    Parameters
    ----------
    environment : the cell
    hide : takes parts of demands away, of which nothing is seen; ``None``: all is seen

    Attributes
    ----------
    environment : as given
    """

    def __init__(
        self,
        environment: CellEnvironment,
        hide: Callable[[Demands], Demands] | None = None,
    ):
        self.environment, self._hide = environment, hide
        self._offered = offered(environment.config)

    @property
    def users(self) -> int:
        """K."""
        return self.environment.config.num_users

    @property
    def ends(self) -> bool:
        """Whether the episodes are at their end."""
        return self.environment.slot >= self.environment.config.slots

    def reset(self, seeds: Sequence[int]) -> np.ndarray:
        """Begin episodes; the features of their users : [B, K, F]."""
        self.environment.reset(seeds)
        return self.seen

    @property
    def seen(self) -> np.ndarray:
        """Features of the users in this slot : [B, K, F], float32."""
        return features(self.demands, self.pool)

    @property
    def demands(self) -> Demands:
        """What users ask for in this slot : [B, K]."""
        asks = self.environment.demands
        return asks if self._hide is None else self._hide(asks)

    @property
    def pool(self) -> Pool:
        """What there is to share in this slot."""
        return self.environment.pool

    def step(self, shares: Shares) -> Gained:
        """Serve by shares [B, K]."""
        check_shares("an action", self.environment.demands, self.pool, shares)
        return self.gained(self.environment.step(shares))

    def gained(self, tally: Tally) -> Gained:
        """Reward and cost of what came of a slot, or of several."""
        config = self.environment.config
        spent = (tally.energy + tally.signalling).sum(-1) / max(config.uses, 1)
        reward = tally.value.sum(-1) - config.price * spent
        return Gained(reward / self._offered, tally.harm.sum(-1) / self._offered)
