"""One placement for all epochs, the best for the mean of the training traffic."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from blocks.orchestrators.packing import Packing
from blocks.orchestrators.programme import optimum
from semlink.loop.cloud import Budgets, Cloud, Held, Need, Needs, View, nothing


class Fitted(NamedTuple):
    """What the orchestrator remembers.

    held : its placement
    order : edges and services, those first that add most a byte
    """

    held: Held
    order: tuple[tuple[int, str], ...]


class Static:
    """Moves to its placement as fast as the backhaul allows, and stays."""

    def learn(self, cloud: Cloud, budgets: Budgets, traffic: Sequence[Needs]) -> Fitted:
        """The best placement for the mean needs, each transfer paid once."""
        if not traffic:
            return Fitted(nothing(budgets), ())
        epochs, needs = len(traffic), mean_needs(traffic)
        free = budgets._replace(
            backhaul=sum(budgets.memory), price=budgets.price / epochs
        )
        held = optimum(cloud, free, [needs]).placements[0]
        wanted = [n for n in needs if cloud.services[n.service] <= held[n.edge]]
        wanted.sort(key=lambda n: -n.gain / cloud.size(cloud.services[n.service]))
        return Fitted(held, tuple((n.edge, n.service) for n in wanted))

    def __call__(
        self, view: View, memory: Fitted, draws: np.random.Generator
    ) -> tuple[Held, Fitted]:
        packing = Packing(view)
        for edge, wanted in enumerate(memory.held):
            packing.add(edge, wanted & view.held[edge])
        for edge, service in memory.order:
            packing.add(edge, packing.missing(edge, service))
        return packing.held, memory


def mean_needs(traffic: Sequence[Needs]) -> Needs:
    """Needs of a mean epoch; utilities are means over requests."""
    sums: dict[tuple[int, str], np.ndarray] = defaultdict(lambda: np.zeros(3))
    for needs in traffic:
        for need in needs:
            seen = need.requests * np.array([1.0, need.with_it, need.without])
            sums[need.edge, need.service] += seen
    return tuple(
        Need(*key, total[0] / len(traffic), *(total[1:] / total[0]))
        for key, total in sorted(sums.items())
        if total[0] > 0
    )


def build() -> Static:
    """Build the orchestrator; it has no parameters."""
    return Static()
