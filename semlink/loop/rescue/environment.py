"""A rescue: what UAVs see goes through a crowded cell to a centre that acts on it.

Every stream of every UAV is a user of the cell. In each slot, UAVs and the relay fly,
messages are captured, the scheduler shares the pool, and what arrives reaches the
command centre. It signals levels and requests to the UAVs and sends responders, all of
which changes what is captured, how urgent it is, and what the channels are. As in every
cell, the scheduler knows the queues at once, and states by delayed reports.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from semlink.loop.pool import Shares
from semlink.loop.rescue.air import Air, Hops
from semlink.loop.rescue.centre import CommandCentre, Received, Wishes, weights_of
from semlink.loop.rescue.config import PRIORITIES, STREAMS, RescueConfig
from semlink.loop.rescue.dispatching import Dispatcher
from semlink.loop.rescue.incidents import NEVER, Uavs, incidents
from semlink.loop.rescue.relaying import HOPS, is_relayed
from semlink.loop.rescue.responders import Fleet, Ways
from semlink.loop.rescue.terrain import Mountain, mountain
from semlink.loop.traffic import service
from semlink.loop.traffic.environment import CellEnvironment, Tally
from semlink.loop.traffic.service import Sending, Service
from semlink.loop.traffic.streams import Stream, first, uniform
from semlink.rng import seed_of
from semlink.units import db_to_linear, linear_to_db

DISTRESS, LIVE, PATROL = range(3)
AGAIN = (3, 1, 0)  # retransmissions, before the centre has set any
MOST_LIVE = 2  # priority of live pictures


class RescueEnvironment(CellEnvironment):
    """Episodes of a rescue, side by side.

    Parameters
    ----------
    rescue : what happens
    service : delivers messages
    dispatcher : built component

    Attributes
    ----------
    incidents : as drawn; neither end sees them
    uavs, air : places, and links
    hops : states in this slot
    relayed : [B, K], bool, whether live pictures of a UAV take the relay
    level : [B, K], int, level of distress in the last profile that a UAV has received
    centre : the agent
    airdrops, teams : responders
    known, seen : [B, K], int, slots from which distress is known, and recognised
    messages : [B, 4], profiles, requests and orders, and attempts that were lost
    control, reported : [B], channel uses of all of these, and of reports
    relayed_slots : [B], slots of all UAVs over the relay
    """

    def __init__(self, rescue: RescueConfig, service: Service, dispatcher: Dispatcher):
        super().__init__(rescue.traffic, service)
        self.rescue, self._dispatcher = rescue, dispatcher
        self._decodes = np.array([s.relaying == "decode" for s in rescue.streams])
        self._asked = self._uses
        control = rescue.centre
        self._least_db = linear_to_db(2 ** (control.bits / control.control) - 1)

    @cached_property
    def ground(self) -> Mountain:
        """The mountain."""
        area = self.rescue.area
        return mountain(area.seed, area.side_m, area.peak_m)

    @cached_property
    def huts(self) -> np.ndarray:
        """Homes of the teams, across the area : [R, 2], in metres."""
        count, side = self.rescue.responders.teams, self.rescue.area.side_m
        share = (np.arange(count) + 0.5) / max(count, 1)
        return side * np.stack([share, np.full(count, 0.5)], axis=-1)

    def _start(self, seeds: Sequence[int]) -> None:
        """Draw incidents, and set everybody at a first place."""
        rescue, shape = self.rescue, (len(seeds), self.rescue.uavs)
        self.incidents = incidents(rescue, seeds)
        self.uavs, self.air = Uavs(rescue, seeds), Air(rescue, self.ground, seeds)
        self.centre = CommandCentre(rescue.centre, shape)
        self.airdrops, self.teams = self._fleets(len(seeds))
        self._luck = Stream(seeds, "recognition", shape[1:], uniform)
        self._phase = first(seeds, "phases of streams", (3 * shape[1],), uniform)
        self._draws = [np.random.default_rng(seed_of(s, "dispatcher")) for s in seeds]
        self.known, self.seen = (np.full(shape, NEVER) for _ in range(2))
        self.level, self._wished_level = (np.zeros(shape, int) for _ in range(2))
        self._wants, self._extra = (np.zeros(shape, bool) for _ in range(2))
        self._heard_db = np.full((2, *shape, len(STREAMS)), np.nan)
        self.relayed = np.zeros(shape, bool)
        self.messages = np.zeros((len(seeds), 4))
        self.control, self.reported, self.relayed_slots = np.zeros((3, len(seeds)))
        self._arrivals = self._capture
        self._obey()

    def _fleets(self, batch: int) -> tuple[Fleet, Fleet]:
        """Airdrops and teams, and how long they take to all incidents."""
        rescue, places = self.rescue, self.incidents.place
        who, k = rescue.responders, rescue.uavs
        flights = np.linalg.norm(places - self.air.station, axis=-1) / who.airdrop_mps
        flights = np.repeat(flights[:, None], who.airdrops, axis=1)
        flights = np.concatenate([flights, np.zeros((batch, k, k))], axis=1)
        flat = places.reshape(-1, 2)
        starts = np.concatenate([self.huts, flat])
        every = self.ground.walking_s(starts, flat)
        walks = np.empty((batch, who.teams + k, k))
        for b in range(batch):
            own = slice(b * k, (b + 1) * k)
            walks[b, : who.teams] = every[: who.teams, own]
            walks[b, who.teams :] = every[who.teams :][own, own]
        ends = self._dispatcher, rescue.slots
        by_air = Fleet(Ways(flights, True, who.reload_slots), *ends)
        on_foot = Fleet(Ways(walks, False, who.care_slots), *ends)
        return by_air, on_foot

    @property
    def active(self) -> np.ndarray:
        """Sectors with distress that is not yet rescued : [B, K], bool."""
        return (self.incidents.starts <= self.slot) & self._open

    @property
    def _open(self) -> np.ndarray:
        """Sectors in which nobody has been rescued : [B, K], bool."""
        return self.teams.reached > self.slot

    @property
    def _waiting(self) -> np.ndarray:
        """Weights of known distress that is not yet rescued : [B, K]."""
        return np.where(self._open, self.centre.weights, 0.0)

    def _capture(self) -> np.ndarray:
        """Everybody flies for a slot; messages that UAVs capture : [B, 3 K]."""
        active, slot = self.active, self.slot
        self.uavs.move(slot, active, self.incidents.place)
        self.air.move_relay(slot, self._known_places(), np.maximum(self._waiting, 1.0))
        every = np.array([stream.every_slots for stream in self.rescue.streams])
        phase = self._phase.reshape(*active.shape, 3) * every
        since = slot - self.incidents.starts
        due = np.floor((slot + phase + 1) / every) - np.floor((slot + phase) / every)
        turn = since / every[DISTRESS]
        due[..., DISTRESS] = np.ceil(turn + 1 / every[DISTRESS]) - np.ceil(turn)
        due[..., DISTRESS] *= active & (self.level == 0)
        due[..., LIVE] = (due[..., LIVE] + self._extra) * active
        self._extra = np.zeros_like(self._extra)
        return due.reshape(len(due), -1).astype(int)

    def _known_places(self) -> np.ndarray:
        """Where the centre believes the UAVs to be : [B, K, 2].

        A distress signal has the place; all others are on patrol.
        """
        known = (self._waiting > 0)[..., None]
        return np.where(known, self.incidents.place, self.uavs.middles)

    def _weights(self, level: np.ndarray) -> np.ndarray:
        """Importance of messages: by the received level, or by the UAV's estimate."""
        own = weights_of(np.where(self._obeyed > 0, self._obeyed, self.incidents.guess))
        own = own[..., None]
        return (own * [1, 1, 0] + [0, 0, 1]).reshape(level.shape)

    @property
    def _obeyed(self) -> np.ndarray:
        """Levels that UAVs have received and follow; 0 where there is none : [B, K]."""
        return self.level if self.rescue.centre.profiles else 0 * self.level

    def _obey(self) -> None:
        """Set priorities and retransmissions by the received levels."""
        level = self._obeyed
        priority, again = (
            np.tile(np.array(of), (*level.shape, 1)) for of in (PRIORITIES, AGAIN)
        )
        received, live = level > 0, np.minimum(level, MOST_LIVE)
        priority[..., LIVE] = np.where(received, live, priority[..., LIVE])
        again[..., LIVE] = np.where(received, level, again[..., LIVE])
        self._priority, self._again = (
            of.reshape(len(level), -1) for of in (priority, again)
        )
        self._urgency = 2.0**self._priority

    def _report(self) -> np.ndarray:
        """Update and report channel states; channel uses of reports and of control."""
        signalling, self.hops = self.config.signalling, self.air(self.uavs.place)
        each = Hops(*(hop[..., None] for hop in self.hops))
        both = np.stack([self._direct_db(), self._relayed_db(each)])
        reports = self.slot % signalling.report_slots == 0
        self._reports.append((np.round(both), self._feedback()) if reports else None)
        arrives, self._gained = self._reports.popleft(), self._zero
        if arrives is not None:
            self._heard_db, feedback = arrives
            self._take(feedback)
        known = db_to_linear(np.nan_to_num(self._heard_db, nan=-np.inf))
        relayed = is_relayed(*known) & self.air.has_relay
        self.relayed = relayed[..., LIVE]
        self._state_db, self._reported_db = (
            np.where(relayed, of[1], of[0]).reshape(len(relayed), -1)
            for of in (both, self._heard_db)
        )
        self._hops = np.where(relayed, HOPS, 1).reshape(len(relayed), -1)
        self._uses = self._asked * self._hops
        self._announced = signalling.grant * self._hops
        return self._signalling(signalling.report if reports else 0)

    def _signalling(self, report: int) -> np.ndarray:
        """Channel uses of reports and of the centre's messages : [B, 3 K]."""
        hops = self._hops.reshape(*self.relayed.shape, 3)
        used, control = np.zeros(hops.shape), self._control() * hops[..., LIVE]
        reports = report * (1 + self.air.has_relay) * hops[..., LIVE]  # two states
        used[..., LIVE] = reports + control
        self._begun = control.sum(1), reports.sum(1), self.relayed.sum(1)
        return used.reshape(len(used), -1)

    def _direct_db(self) -> np.ndarray:
        return np.repeat(self.hops.direct[..., None], len(STREAMS), axis=-1)

    def _relayed_db(self, hops: Hops) -> np.ndarray:
        """Es/N0 of each stream over hops [B, K, 1 or 3] and the relay : [B, K, 3]."""
        amplified, decoded = (hops.relayed(decodes) for decodes in (False, True))
        return np.where(self._decodes, decoded, amplified)

    def _control(self) -> np.ndarray:
        """Send what the centre signals; channel uses : [B, K].

        A message that meets a state below its capacity limit is lost, and sent again
        in the next slot.
        """
        states = self._state_db.reshape(*self.relayed.shape, 3)[..., LIVE]
        through = states >= self._least_db
        profiles = self._wished_level != self.level
        sent = profiles.astype(int) + self._wants
        self._extra = self._extra | (self._wants & through)
        self._wants = self._wants & ~through
        self.level = np.where(profiles & through, self._wished_level, self.level)
        self._obey()
        self._lost = np.where(through, 0, sent).sum(1)
        return sent * self.rescue.centre.control

    def _least(self, transmitter: np.ndarray, planned_db: np.ndarray) -> np.ndarray:
        return super()._least(transmitter, planned_db) * self._hops

    def _delivered(self, uses: np.ndarray, shares: Shares) -> service.Received:
        """Over the relay, a signal has half of the granted channel uses, twice."""
        got = super()._delivered(uses // self._hops, shares)
        return got._replace(spent=got.spent * self._hops)

    def _sending(self, uses: np.ndarray, shares: Shares) -> Sending:
        """What is sent; the power of a signal that is amplified scales both hops."""
        sending, power = super()._sending(uses, shares), shares.power_db
        power = power.reshape(*self.relayed.shape, 3)
        first_db, second_db = (
            hop[..., None] + power for hop in (self.hops.first, self.hops.second)
        )
        over = self._relayed_db(Hops(sending.met_db, first_db, second_db))
        relayed = self._hops == HOPS
        met_db = np.where(relayed, over.reshape(relayed.shape), sending.met_db)
        return sending._replace(met_db=met_db)

    def _serve(self, shares: Shares) -> Tally:
        """Serve the streams; the centre acts on what arrives."""
        control, reports, relayed = self._begun
        self.control, self.reported = self.control + control, self.reported + reports
        self.relayed_slots = self.relayed_slots + relayed
        self.messages[:, 3] += self._lost
        tally = super()._serve(shares)
        delivered, utility = (
            of.reshape(*self.relayed.shape, 3)
            for of in (tally.delivered > 0, tally.utility)
        )
        received = self._received(delivered, utility[..., LIVE])
        orders = self._act(self.centre(received, self._open))
        used = np.zeros(delivered.shape)
        used[..., LIVE] = orders * self.rescue.centre.control
        self.control += used.sum((1, 2))
        return tally._replace(signalling=tally.signalling + used.reshape(len(used), -1))

    def _received(self, delivered: np.ndarray, utility: np.ndarray) -> Received:
        """What reaches the centre, and what a picture shows."""
        shows = delivered[..., LIVE] & (self._luck() < utility)
        return Received(
            signal=delivered[..., DISTRESS],
            guess=self.incidents.guess,
            picture=delivered[..., LIVE],
            shows=np.where(shows, self.incidents.level, 0),
        )

    def _act(self, wishes: Wishes) -> np.ndarray:
        """Signal levels and requests, and send responders; orders : [B, K]."""
        slot, orders = self.slot, 0
        level = np.where(wishes.level > 0, wishes.level, self._wished_level)
        new = [level != self._wished_level, wishes.asks]
        self._wished_level, self._wants = level, self._wants | wishes.asks
        truth = weights_of(self.incidents.level)
        for fleet in (self.airdrops, self.teams):
            orders += fleet.dispatch(slot, self._waiting, truth, self._draws)
        self.messages[:, :3] += np.stack([n.sum(1) for n in (*new, orders)], axis=1)
        for when, now in (
            (self.known, self.centre.believed > 0),
            (self.seen, self.centre.recognised),
        ):
            when[now & (when == NEVER)] = slot + 1
        return orders
