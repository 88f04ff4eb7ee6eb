"""The best placements in hindsight, transfers included: a bound."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import Field

from blocks.orchestrators.programme import NODES, Optimum, optimum
from semlink.loop.cloud import Budgets, Cloud, Held, Needs, View

ORACLE = True


class Oracle:
    """Follows the optimum over the traffic that it learned from.

    Parameters
    ----------
    nodes : most nodes of the search for it
    """

    def __init__(self, nodes: int):
        self._nodes = nodes

    def learn(
        self, cloud: Cloud, budgets: Budgets, traffic: Sequence[Needs]
    ) -> Optimum:
        """The optimum of the traffic that is to come."""
        return optimum(cloud, budgets, traffic, nodes=self._nodes)

    def __call__(
        self, view: View, memory: Optimum, draws: np.random.Generator
    ) -> tuple[Held, Optimum]:
        return memory.placements[view.epoch], memory


def build(nodes: Annotated[int, Field(ge=1)] = NODES) -> Oracle:
    """Build the orchestrator.

    Parameters
    ----------
    nodes : most nodes of the integer programme's search; where it ends early, the
        placements are the best that were found, and the bound of
        :class:`blocks.orchestrators.programme.Optimum` is above them
    """
    return Oracle(nodes)
