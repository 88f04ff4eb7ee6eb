"""A placement at random in every epoch: services in a random order, while they fit."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from blocks.orchestrators.packing import Packing
from semlink.loop.cloud import Budgets, Cloud, Held, Needs, View


class Random:
    """Fills memory in a random order, until the backhaul of the epoch is used up."""

    def learn(self, cloud: Cloud, budgets: Budgets, traffic: Sequence[Needs]) -> None:
        """Nothing."""

    def __call__(
        self, view: View, memory: Any, draws: np.random.Generator
    ) -> tuple[Held, Any]:
        packing = Packing(view)
        names, edges = sorted(view.cloud.services), len(view.budgets.memory)
        for number in draws.permutation(len(names) * edges):
            edge, place = divmod(int(number), len(names))
            packing.add(edge, packing.missing(edge, names[place]))
        return packing.held, memory


def build() -> Random:
    """Build the orchestrator; it has no parameters."""
    return Random()
