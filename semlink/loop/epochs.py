"""Orchestration over epochs: needs are reported, a placement follows, and is judged."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from semlink.loop.cloud import (
    Budgets,
    Cloud,
    Held,
    Need,
    Needs,
    Orchestrator,
    View,
    check_needs,
    check_placement,
    gain,
    moved,
    nothing,
)
from semlink.rng import seed_of
from semlink.signals import BACKHAUL, Ledger, ledger


class Served(NamedTuple):
    """A request, as the QoS report tells of it.

    edge : number of the edge
    service : name of the service that the intent needs
    held : whether the edge held the service
    success : reported utility, from 0 to 1
    """

    edge: int
    service: str
    held: bool
    success: float


class Outcome(NamedTuple):
    """An epoch.

    held : what the edges held
    gain : utility that the services added
    moved : transfers on the backhaul, by kind of item [bytes]
    net : gain without the price of the transfers
    """

    held: Held
    gain: float
    moved: Ledger
    net: float


def needs_of(served: Iterable[Served], before: Needs) -> Needs:
    """Needs of an epoch from its requests.

    Parameters
    ----------
    served : requests of the epoch
    before : needs whose utilities hold as long as none is reported
    """
    success: dict[tuple, list[float]] = defaultdict(list)
    requests: dict[tuple[int, str], int] = defaultdict(int)
    for one in served:
        requests[one.edge, one.service] += 1
        success[one.edge, one.service, one.held].append(one.success)
    known = {(n.edge, n.service): (n.without, n.with_it) for n in before}
    found = []
    for key in sorted({*known, *requests}):
        prior = known.get(key, (0.0, 0.0))
        without, with_it = (
            float(np.mean(success.get((*key, bool(held)), prior[held])))
            for held in (0, 1)
        )
        found.append(Need(*key, requests[key], with_it, without))
    return tuple(found)


def play(
    agent: Orchestrator,
    cloud: Cloud,
    budgets: Budgets,
    traffic: Sequence[Needs],
    memory: Any = None,
    seed: int = 0,
) -> tuple[Outcome, ...]:
    """Play epochs, in each of which the agent knows the needs of those before.

    Edges are empty at first.

    Parameters
    ----------
    agent : the orchestrator
    cloud, budgets : the registry and the limits
    traffic : needs of successive epochs
    memory : first memory, from ``agent.learn``
    seed : of the agent's draws

    Raises
    ------
    InputError
        A need is invalid, or a placement breaks a budget.
    """
    who = f"orchestrator {type(agent).__name__}"
    held, needs, outcomes = nothing(budgets), (), []
    for epoch, now in enumerate(traffic):
        check_needs(cloud, budgets, now)
        view = View(cloud, budgets, held, needs, epoch)
        draws = np.random.default_rng(seed_of(seed, "orchestrator", epoch))
        after, memory = agent(view, memory, draws)
        after = check_placement(who, view, after)
        outcomes.append(_outcome(view, after, now))
        held, needs = after, now
    return tuple(outcomes)


def net(outcomes: Iterable[Outcome]) -> float:
    """Utility of epochs, transfers paid."""
    return sum(one.net for one in outcomes)


def _outcome(view: View, after: Held, now: Needs) -> Outcome:
    added = gain(view.cloud, after, now)
    size: dict[str, int] = defaultdict(int)
    for _, one in moved(view.held, after):
        item = view.cloud.items[one]
        size[item.kind] += item.size
    paid = view.budgets.price * sum(size.values())
    return Outcome(after, added, ledger(direction=BACKHAUL, **size), added - paid)
