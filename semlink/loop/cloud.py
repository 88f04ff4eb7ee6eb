"""The cloud and its edges: what can be held, what is needed, what the budgets allow.

The cloud holds items (models, policies, bases of knowledge), each known by the hash of
its content. A service runs at an edge that holds all of its items. In every epoch an
orchestrator decides which edge holds what. What an edge does not hold yet crosses the
backhaul as whole items, and is counted in bytes.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol, get_args, runtime_checkable

import numpy as np

from semlink.contracts.fault import refuse, shown
from semlink.errors import InputError
from semlink.registry import unknown

Kind = Literal["model", "policy", "base"]
Held = tuple[frozenset[str], ...]  # hashes of the items of each edge


class Item(NamedTuple):
    """What an edge can hold.

    sha256 : hash of its content, hexadecimal
    kind : ``model``, ``policy`` or ``base`` (of knowledge)
    name : readable name
    size : of its content [bytes]
    """

    sha256: str
    kind: Kind
    name: str
    size: int


class Need(NamedTuple):
    """Demand for a service at an edge in an epoch, from intents and QoS reports.

    edge : number of the edge
    service : name of the service
    requests : requests in the epoch
    with_it : mean utility of a request that the service answers
    without : mean utility of a request that goes without it
    """

    edge: int
    service: str
    requests: float
    with_it: float
    without: float = 0.0

    @property
    def gain(self) -> float:
        """Utility that the service adds in the epoch; an edge runs none that harms."""
        return self.requests * max(self.with_it - self.without, 0.0)


Needs = tuple[Need, ...]


class Cloud:
    """The registry of the cloud: items by hash, services by name.

    Parameters
    ----------
    items : all items
    services : hashes of the items that each service needs

    Raises
    ------
    InputError
        An item has an unknown kind or no content, two items have one hash, or a service
        needs nothing or an item that is not there.
    """

    def __init__(self, items: Iterable[Item], services: Mapping[str, Iterable[str]]):
        self.items: dict[str, Item] = {}
        for item in items:
            _check(item, self.items)
            self.items[item.sha256] = item
        self.services = {name: frozenset(needs) for name, needs in services.items()}
        for name, needs in self.services.items():
            if not needs or needs - self.items.keys():
                must = f"service {name} must need items of the registry"
                raise InputError(f"{must}, got {_short(needs - self.items.keys())}")

    def size(self, hashes: Iterable[str]) -> int:
        """Size of some items [bytes]."""
        return sum(self.items[one].size for one in hashes)

    def accept(self, sha256: str, content: bytes) -> Item:
        """Check the content that came over the backhaul against the registry.

        Raises
        ------
        InputError
            The registry has no item of this hash, or the content has another hash.
        """
        if sha256 not in self.items:
            raise InputError(unknown("item", sha256, sorted(self.items)))
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            name = self.items[sha256].name
            must = f"content of {name} must have the hash {sha256[:12]}"
            raise InputError(f"{must}, got {found[:12]}")
        return self.items[sha256]


class Budgets(NamedTuple):
    """Limits of placements.

    memory : of each edge [bytes]
    backhaul : of an epoch, all edges together [bytes]
    price : utility that a byte over the backhaul costs
    """

    memory: tuple[int, ...]
    backhaul: int
    price: float = 0.0


class View(NamedTuple):
    """What the cloud knows before an epoch.

    cloud, budgets : the registry and the limits
    held : what the edges hold
    needs : of the epoch before; empty in the first
    epoch : number of the epoch
    """

    cloud: Cloud
    budgets: Budgets
    held: Held
    needs: Needs = ()
    epoch: int = 0


@runtime_checkable
class Orchestrator(Protocol):
    """Decides which edge holds what. Component kind ``orchestrator``.

    It keeps no state: memory is a value. A module that sets ``ORACLE = True`` learns
    from the traffic that it will be judged by, and is a bound.
    """

    def learn(self, cloud: Cloud, budgets: Budgets, traffic: Sequence[Needs]) -> Any:
        """The first memory, from the needs of successive epochs."""

    def __call__(
        self, view: View, memory: Any, draws: np.random.Generator
    ) -> tuple[Held, Any]:
        """What each edge holds during the epoch, and the new memory."""


def nothing(budgets: Budgets) -> Held:
    """Edges that hold nothing."""
    return (frozenset(),) * len(budgets.memory)


def moved(before: Held, after: Held) -> tuple[tuple[int, str], ...]:
    """Transfers from one placement to the next: edges and hashes, in order."""
    pairs = enumerate(zip(before, after, strict=True))
    return tuple((e, one) for e, (old, new) in pairs for one in sorted(new - old))


def gain(cloud: Cloud, held: Held, needs: Needs) -> float:
    """Utility that the services at the edges add in an epoch."""
    return sum(n.gain for n in needs if cloud.services[n.service] <= held[n.edge])


def check_needs(cloud: Cloud, budgets: Budgets, needs: Needs) -> None:
    """Refuse needs of edges without a budget, and of services that are not there.

    Raises
    ------
    InputError
        See above; also if a number of requests is below zero.
    """
    edges = len(budgets.memory)
    for need in needs:
        if not 0 <= need.edge < edges:
            must = f"every edge must have a memory budget, of which there are {edges}"
            raise InputError(f"{must}, got edge {need.edge}")
        if need.service not in cloud.services:
            raise InputError(unknown("service", need.service, sorted(cloud.services)))
        if not need.requests >= 0:
            raise InputError(f"requests must be 0 or more, got {need.requests:g}")


def check_placement(who: str, view: View, held: Any) -> Held:
    """Refuse a placement that breaks a budget.

    Raises
    ------
    InputError
        It is not one set of known hashes for each edge, or exceeds the memory of an
        edge or the backhaul of the epoch.
    """
    memory, known = view.budgets.memory, view.cloud.items.keys()
    if not isinstance(held, tuple) or len(held) != len(memory):
        refuse(who, f"one set of hashes for each of {len(memory)} edges", shown(held))
    for edge, (own, most) in enumerate(zip(held, memory, strict=True)):
        if strange := own - known:
            refuse(who, "hashes of the registry", _short(strange))
        if (size := view.cloud.size(own)) > most:
            refuse(who, f"at most {most} bytes at edge {edge}", str(size))
    size = view.cloud.size(one for _, one in moved(view.held, held))
    if size > view.budgets.backhaul:
        refuse(who, f"at most {view.budgets.backhaul} bytes of transfers", str(size))
    return held


def _check(item: Item, known: Mapping[str, Item]) -> None:
    if item.kind not in get_args(Kind):
        raise InputError(unknown("kind of item", item.kind, list(get_args(Kind))))
    if item.size <= 0:
        raise InputError(f"size of {item.name} must be above 0, got {item.size}")
    if item.sha256 in known:
        must = f"hash of {item.name} must differ from that of {known[item.sha256].name}"
        raise InputError(f"{must}, got {item.sha256[:12]}")


def _short(hashes: Iterable[str]) -> str:
    return ", ".join(one[:12] for one in sorted(hashes)) or "none"
