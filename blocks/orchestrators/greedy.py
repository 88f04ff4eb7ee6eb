"""Utility a byte: the services that add most for their memory, transfers amortised.

Needs are forecast by an exponential mean. A transfer costs its price over the epochs
that an item is expected to stay. Within an epoch, services are added in the order of
net utility a byte; at each edge the result is then held against the best single
service, which gives at least half of the optimum where services share no items and the
backhaul does not bind (the knapsack problem).

References
----------
H. Kellerer, U. Pferschy, D. Pisinger, "Knapsack Problems", Springer 2004, section 2.5
(the greedy algorithm and its extension by the best single item).
"""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Annotated, NamedTuple

import numpy as np
from pydantic import Field

from blocks.orchestrators.packing import Packing
from semlink.loop.cloud import Budgets, Cloud, Held, Needs, View
from semlink.loop.epochs import net, play

WINDOWS, STAYS = (1.0, 2.0, 4.0, 8.0, 16.0), (1.0, 4.0, 16.0)  # tried in training
Gains = Mapping[tuple[int, str], float]  # utility of services an epoch, by edge
Epochs = Annotated[float, Field(ge=1, allow_inf_nan=False)] | None


class Forecast(NamedTuple):
    """What the orchestrator remembers.

    gains : expected gain of an epoch, by edge and service
    window : time constant of the exponential mean [epochs]
    stay : epochs over which a transfer is amortised
    """

    gains: Gains
    window: float
    stay: float

    def after(self, needs: Needs) -> "Forecast":
        """The forecast when an epoch was seen."""
        seen = {(n.edge, n.service): n.gain for n in needs}
        step, old = 1 / self.window, self.gains
        keys = sorted({*old, *seen})
        new = {k: (1 - step) * old.get(k, 0) + step * seen.get(k, 0) for k in keys}
        return self._replace(gains=new)


class Greedy:
    """Net utility a byte.

    Parameters
    ----------
    window, stay : of the forecast; ``None``: the best on the training traffic
    """

    def __init__(self, window: float | None, stay: float | None):
        self._windows = WINDOWS if window is None else (window,)
        self._stays = STAYS if stay is None else (stay,)

    def learn(
        self, cloud: Cloud, budgets: Budgets, traffic: Sequence[Needs]
    ) -> Forecast:
        """The forecast at the end of the training traffic."""
        grid = [Forecast({}, *pair) for pair in product(self._windows, self._stays)]
        best = grid[0]
        if len(grid) > 1:
            best = max(grid, key=lambda f: net(play(self, cloud, budgets, traffic, f)))
        for needs in traffic:
            best = best.after(needs)
        return best

    def __call__(
        self, view: View, memory: Forecast, draws: np.random.Generator
    ) -> tuple[Held, Forecast]:
        memory = memory.after(view.needs) if view.needs else memory
        return placement(view, memory.gains, memory.stay), memory


def placement(view: View, gains: Gains, stay: float) -> Held:
    """The placement of an epoch for known gains.

    Parameters
    ----------
    view : what the edges hold, and the budgets
    gains : gain of an epoch, by edge and service
    stay : epochs over which a transfer is amortised
    """
    filling = _Filling(view, gains, view.budgets.price / stay)
    filling.fill(sorted(gains))
    for edge in range(len(view.budgets.memory)):
        filling.prefer_single(edge)
    filling.packing.keep_old()
    return filling.packing.held


class _Filling:
    """Adds services to a packing by net utility a byte."""

    def __init__(self, view: View, gains: Gains, price: float):
        self.packing = Packing(view)
        self._view, self._gains, self._price = view, gains, price

    def fill(self, keys: Sequence[tuple[int, str]]) -> None:
        """Add services while one fits that is worth its transfer."""
        packing, left = self.packing, list(keys)
        while True:
            left = [k for k in left if self._fits(k) and self._net(*k) > 0]
            if not left:
                return
            edge, service = max(left, key=self._density)
            packing.add(edge, packing.missing(edge, service))

    def prefer_single(self, edge: int) -> None:
        """Start an edge anew from its best single service, if that is worth more.

        The rest is filled up again by utility a byte.
        """
        own = [key for key in sorted(self._gains) if key[0] == edge]
        before = self.packing.held[edge]
        value = self._value(edge, before)
        self.packing.clear(edge)
        single = max(filter(self._fits, own), key=lambda k: self._net(*k), default=None)
        if single is None or self._net(*single) <= value:
            self.packing.add(edge, before)
            return
        self.packing.add(edge, self.packing.missing(*single))
        self.fill(own)

    def _fits(self, key: tuple[int, str]) -> bool:
        missing = self.packing.missing(*key)
        return bool(missing) and self.packing.fits(key[0], missing)

    def _net(self, edge: int, service: str) -> float:
        _, backhaul = self.packing.cost(edge, self.packing.missing(edge, service))
        return self._gains[edge, service] - self._price * backhaul

    def _density(self, key: tuple[int, str]) -> float:
        memory, _ = self.packing.cost(key[0], self.packing.missing(*key))
        return self._net(*key) / memory

    def _value(self, edge: int, held: frozenset[str]) -> float:
        """Net utility of what an edge would hold."""
        services, size = self._view.cloud.services, self._view.cloud.size
        own = [(s, g) for (e, s), g in self._gains.items() if e == edge]
        gain = sum(g for service, g in own if services[service] <= held)
        return gain - self._price * size(held - self._view.held[edge])


def build(window: Epochs = None, stay: Epochs = None) -> Greedy:
    """Build the orchestrator.

    Parameters
    ----------
    window : time constant of the forecast [epochs]; ``null``: tuned in training
    stay : epochs over which a transfer is amortised; ``null``: tuned in training
    """
    return Greedy(window, stay)
