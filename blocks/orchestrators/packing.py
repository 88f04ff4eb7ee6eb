"""A placement that grows by services, within memory and backhaul."""

from semlink.loop.cloud import Held, View


class Packing:
    """A placement of an epoch while it is made.

    Parameters
    ----------
    view : what the edges hold, and the budgets
    """

    def __init__(self, view: View):
        self._view = view
        self._kept: list[set[str]] = [set() for _ in view.budgets.memory]
        self._room = list(view.budgets.memory)
        self._backhaul = view.budgets.backhaul

    @property
    def held(self) -> Held:
        """The placement so far."""
        return tuple(map(frozenset, self._kept))

    def has(self, edge: int, service: str) -> bool:
        """Whether an edge has all items of a service."""
        return self._view.cloud.services[service] <= self._kept[edge]

    def missing(self, edge: int, service: str) -> frozenset[str]:
        """Items of a service that the edge does not keep so far."""
        return self._view.cloud.services[service] - self._kept[edge]

    def cost(self, edge: int, items: frozenset[str]) -> tuple[int, int]:
        """Memory and backhaul that more items take [bytes]."""
        size = self._view.cloud.size
        return size(items), size(items - self._view.held[edge])

    def fits(self, edge: int, items: frozenset[str]) -> bool:
        """Whether more items are within the budgets."""
        memory, backhaul = self.cost(edge, items)
        return memory <= self._room[edge] and backhaul <= self._backhaul

    def add(self, edge: int, items: frozenset[str]) -> bool:
        """Keep more items, if they fit; return whether they do."""
        items = items - self._kept[edge]
        if not self.fits(edge, items):
            return False
        memory, backhaul = self.cost(edge, items)
        self._room[edge] -= memory
        self._backhaul -= backhaul
        self._kept[edge] |= items
        return True

    def clear(self, edge: int) -> None:
        """Drop what an edge would keep."""
        memory, backhaul = self.cost(edge, frozenset(self._kept[edge]))
        self._room[edge] += memory
        self._backhaul += backhaul
        self._kept[edge] = set()

    def keep_old(self) -> None:
        """Keep what the edges hold already, as far as there is room: it costs nothing.

        Small items come first, as they leave most room.
        """
        for edge, old in enumerate(self._view.held):
            for one in sorted(old, key=lambda one: self._view.cloud.items[one].size):
                self.add(edge, frozenset({one}))
