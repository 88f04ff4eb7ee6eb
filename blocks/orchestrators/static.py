"""One placement for all epochs, the best for the mean of the training traffic."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from blocks.orchestrators.packing import Packing
from blocks.orchestrators.programme import optimum
from semlink.loop.cloud import Budgets, Cloud, Held, Need, Needs, View, nothing


class Static:
    """Moves to its placement as fast as the backhaul allows, and stays."""

    def learn(self, cloud: Cloud, budgets: Budgets, traffic: Sequence[Needs]) -> Held:
        """The best placement for the mean needs, each transfer paid once."""
        if not traffic:
            return nothing(budgets)
        epochs = len(traffic)
        free = budgets._replace(
            backhaul=sum(budgets.memory), price=budgets.price / epochs
        )
        return optimum(cloud, free, [mean_needs(traffic)]).placements[0]

    def __call__(
        self, view: View, memory: Held, draws: np.random.Generator
    ) -> tuple[Held, Held]:
        packing = Packing(view)
        for edge, wanted in enumerate(memory):
            packing.add(edge, wanted & view.held[edge])
        names = view.cloud.services.items()
        size = {name: view.cloud.size(items) for name, items in names}
        for name in sorted(size, key=size.get):
            for edge, wanted in enumerate(memory):
                if view.cloud.services[name] <= wanted:
                    packing.add(edge, packing.missing(edge, name))
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
