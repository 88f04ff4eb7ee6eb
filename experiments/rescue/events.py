"""What happens in a rescue, slot after slot, in words."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from semlink.loop.rescue.environment import RescueEnvironment
from semlink.loop.rescue.responders import Fleet
from semlink.store.rows import Row

COLUMNS = ("slot", "sector", "event", "level", "detail")
FLEETS, ARRIVALS = ("airdrop", "team"), ("supplies arrive", "rescued")
EPISODE = 0  # the only one


class Seen(NamedTuple):
    """State of a sector, by which events are recognised; all arrays [K].

    believed, level : int, levels that the centre believes and that the UAV follows
    recognised, relayed : bool
    """

    believed: np.ndarray
    recognised: np.ndarray
    relayed: np.ndarray
    level: np.ndarray


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
        """Events of a slot that has been played, and of the beginning of the next."""
        before, now, truth = self._before, self._state(), self._of.incidents
        self._before = now
        for sector in np.flatnonzero(truth.starts[EPISODE] == slot):
            level, guess = (int(v[EPISODE, sector]) for v in truth[1:3])
            yield _row(slot, sector, "distress", level, f"the UAV estimates {guess}")
        for sector in range(len(now.believed)):
            yield from _changes(slot, sector, before, now)
        yield from self._responders(slot, now)

    def _responders(self, slot: int, now: Seen) -> Iterator[Row]:
        """Orders of a slot, and who arrives in it."""
        fleets: tuple[Fleet, ...] = self._of.airdrops, self._of.teams
        for kind, fleet, arrival in zip(FLEETS, fleets, ARRIVALS, strict=True):
            for sector in np.flatnonzero(fleet.reached[EPISODE] == slot):
                yield _row(slot, sector, arrival, now.believed[sector])
            for order in [order for order in fleet.orders if order.slot == slot]:
                level = now.believed[order.incident]
                where = f"{kind} {order.responder} arrives in slot {order.arrives}"
                yield _row(slot, order.incident, f"{kind} sent", level, where)

    def _state(self) -> Seen:
        of = self._of
        arrays = of.centre.believed, of.centre.recognised, of.relayed, of.level
        return Seen(*(value[EPISODE].copy() for value in arrays))


def _changes(slot: int, sector: int, before: Seen, now: Seen) -> Iterator[Row]:
    """What became different in a sector."""
    was, level = before.believed[sector], now.believed[sector]
    if level != was and not was:
        yield _row(slot, sector, "the centre knows", level)
    elif level != was:
        yield _row(slot, sector, "another level", level, f"was {was}")
    if now.recognised[sector] and not before.recognised[sector]:
        yield _row(slot, sector, "level recognised", level)
    if now.level[sector] != before.level[sector]:
        detail = f"the UAV follows level {now.level[sector]}"
        yield _row(slot + 1, sector, "profile arrives", level, detail)
    if now.relayed[sector] != before.relayed[sector]:
        by = "over the relay" if now.relayed[sector] else "directly"
        yield _row(slot + 1, sector, "route", level, by)


def _row(slot: int, sector: int, event: str, level: int, detail: str = "") -> Row:
    values = slot, sector, event, level or "", detail
    return dict(zip(COLUMNS, map(str, values), strict=True))
