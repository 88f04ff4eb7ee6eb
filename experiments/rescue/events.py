"""What happens in a rescue, slot after slot, in words."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from semlink.loop.rescue.environment import LIVE, RescueEnvironment
from semlink.loop.rescue.responders import Fleet
from semlink.store.rows import Row

COLUMNS = ("slot", "sector", "event", "level", "detail")
FLEETS = ("airdrop", "team")
EPISODE = 0  # the only one


class Seen(NamedTuple):
    """State of a sector, by which events are recognised; all arrays [K].

    active, recognised, relayed : bool
    believed : int, level
    priority : int, of live pictures
    """

    active: np.ndarray
    believed: np.ndarray
    recognised: np.ndarray
    relayed: np.ndarray
    priority: np.ndarray


class Watch:
    """Finds the events of an episode.

    Parameters
    ----------
    environment : of the rescue, of one episode
    """

    def __init__(self, environment: RescueEnvironment):
        self._of = environment
        self._before = self._state()

    def __call__(self, slot: int) -> Iterator[Row]:
        """Events of a slot that has been played."""
        before, now = self._before, self._state()
        self._before, truth = now, self._of.incidents
        for sector in range(len(now.active)):
            if now.active[sector] and not before.active[sector]:
                level, guess = (int(v[EPISODE, sector]) for v in truth[1:3])
                yield _row(slot, sector, "distress", level, f"the UAV guesses {guess}")
            yield from _changes(slot, sector, before, now)
        yield from self._responders(slot)
        rescued = self._of.teams.reached[EPISODE] == slot
        aided = self._of.airdrops.reached[EPISODE] == slot
        for sector in np.flatnonzero(aided):
            yield _row(slot, sector, "supplies arrive", now.believed[sector])
        for sector in np.flatnonzero(rescued):
            yield _row(slot, sector, "rescued", now.believed[sector])

    def _responders(self, slot: int) -> Iterator[Row]:
        """Orders of a slot."""
        fleets: tuple[Fleet, ...] = self._of.airdrops, self._of.teams
        for kind, fleet in zip(FLEETS, fleets, strict=True):
            for order in [order for order in fleet.orders if order.slot == slot]:
                level = self._before.believed[order.incident]
                where = f"{kind} {order.responder} arrives in slot {order.arrives}"
                yield _row(slot, order.incident, f"{kind} sent", level, where)

    def _state(self) -> Seen:
        of = self._of
        priority = of.demands.priority[EPISODE].reshape(-1, 3)[:, LIVE]
        arrays = of.active, of.centre.believed, of.centre.recognised, of.relayed
        return Seen(*(value[EPISODE].copy() for value in arrays), priority.copy())


def _changes(slot: int, sector: int, before: Seen, now: Seen) -> Iterator[Row]:
    """What became different in a sector."""
    was, level = before.believed[sector], now.believed[sector]
    if level != was and not was:
        yield _row(slot, sector, "the centre knows", level)
    elif level != was:
        yield _row(slot, sector, "another level", level, f"was {was}")
    if now.recognised[sector] and not before.recognised[sector]:
        yield _row(slot, sector, "level recognised", level)
    if now.priority[sector] != before.priority[sector]:
        detail = f"live pictures have priority {now.priority[sector]}"
        yield _row(slot, sector, "profile arrives", level, detail)
    if now.relayed[sector] != before.relayed[sector]:
        by = "over the relay" if now.relayed[sector] else "directly"
        yield _row(slot, sector, "route", level, by)


def _row(slot: int, sector: int, event: str, level: int, detail: str = "") -> Row:
    values = slot, sector, event, level or "", detail
    return dict(zip(COLUMNS, map(str, values), strict=True))
