"""Responders on their ways: UAVs with supplies, and teams on foot."""

from typing import NamedTuple

import numpy as np

from semlink.loop.rescue import dispatching
from semlink.loop.rescue.dispatching import NOBODY, Dispatcher, check_assignment
from semlink.loop.rescue.incidents import NEVER


class Ways(NamedTuple):
    """How long responders of a kind take.

    slots : [B, R + K, K], from their homes and from incidents to incidents
    returns : whether they go home from each incident
    busy : slots that they need after each incident
    """

    slots: np.ndarray
    returns: bool
    busy: float


class Order(NamedTuple):
    """A responder's task.

    episode, responder, incident : numbers
    slot, arrives : of the order, and of the arrival
    """

    episode: int
    responder: int
    incident: int
    slot: int
    arrives: int


class Fleet:
    """Responders of a kind, in all episodes.

    Parameters
    ----------
    ways : how long they take
    dispatcher : built component
    horizon : slots of an episode

    Attributes
    ----------
    reached : [B, K], int, slot in which an incident is reached; ``NEVER`` before
    orders : so far
    worth, best : [B], values of all assignments by the true levels, and of the best
    """

    def __init__(self, ways: Ways, dispatcher: Dispatcher, horizon: int):
        batch, places, incidents = ways.slots.shape
        self._ways, self._dispatcher, self._horizon = ways, dispatcher, horizon
        shape = batch, places - incidents
        self._at = np.broadcast_to(np.arange(shape[1]), shape).copy()
        self._free = np.zeros(shape, int)
        self.reached = np.full((batch, incidents), NEVER)
        self.orders: list[Order] = []
        self.worth, self.best = np.zeros(batch), np.zeros(batch)

    def dispatch(self, slot: int, believed, truth, draws) -> np.ndarray:
        """Send free responders to incidents that wait; the orders : [B, K], int.

        Parameters
        ----------
        slot : now
        believed : [B, K], weights by what the centre believes; 0: as far as it knows,
            nobody waits there
        truth : [B, K], weights by the true levels, for the reference alone
        draws : generator of each episode
        """
        free, waits = self._free <= slot, (believed > 0) & (self.reached == NEVER)
        orders = np.zeros(waits.shape, int)
        for episode in np.flatnonzero(free.any(1) & waits.any(1)):
            who, where = np.flatnonzero(free[episode]), np.flatnonzero(waits[episode])
            times = self._ways.slots[episode][self._at[episode, who]][:, where]
            case = times, believed[episode, where], float(self._horizon - slot)
            chosen = self._dispatcher(*case, draws[episode])
            chosen = check_assignment("dispatcher", chosen, times.shape)
            self._compare(episode, chosen, times, truth[episode, where], case[2])
            for place, task in enumerate(chosen):
                if task != NOBODY:
                    ends = who[place], where[task]
                    self._send(slot, episode, *ends, times[place, task])
                    orders[episode, ends[1]] += 1
        return orders

    def _compare(self, episode, chosen, times, weights, horizon) -> None:
        best = dispatching.optimum(times, weights, horizon)
        for total, of in ((self.worth, chosen), (self.best, best)):
            total[episode] += dispatching.worth(of, times, weights, horizon)

    def _send(self, slot, episode, responder, incident, time) -> None:
        arrives = slot + int(np.ceil(time))
        order = Order(int(episode), int(responder), int(incident), slot, arrives)
        self.orders.append(order)
        self.reached[episode, incident] = arrives
        back = time if self._ways.returns else 0.0
        self._free[episode, responder] = arrives + int(np.ceil(back + self._ways.busy))
        if not self._ways.returns:
            self._at[episode, responder] = self._free.shape[1] + incident
