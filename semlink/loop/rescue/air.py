"""The links of a rescue: path loss, ridges, shadowing and outages of every hop."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from semlink.loop.rescue.config import RescueConfig
from semlink.loop.rescue.incidents import PATROL_M, TURN, flown, sectors
from semlink.loop.rescue.relaying import amplified, decoded, efficiency
from semlink.loop.rescue.terrain import Mountain
from semlink.loop.traffic.states import States
from semlink.loop.traffic.streams import first, uniform
from semlink.units import db_to_linear, linear_to_db

STATION = np.array([0.5, 0.04])  # of the side
NEAR_M, REFERENCE_M = 50.0, 1000.0
DIRECTIONS = 16  # of a patrol, for its mean
PLACES = 12  # candidates of a side, for the relay
WEAKEST_DB = -60.0
RENEWED = 4  # slots for which the mean of a hop between UAVs holds


class Hops(NamedTuple):
    """Es/N0 in a slot [dB]; all arrays [B, K].

    direct : from the UAVs to the base station
    first, second : from the UAVs to the relay, and on from there
    """

    direct: np.ndarray
    first: np.ndarray
    second: np.ndarray

    def relayed(self, decodes: bool) -> np.ndarray:
        """Es/N0 over both hops [dB]."""
        both = (db_to_linear(hop) for hop in (self.first, self.second))
        return linear_to_db((decoded if decodes else amplified)(*both))


class Air:
    """Hops of all UAVs, and the relay.

    Parameters
    ----------
    config : of the rescue
    ground : the mountain
    seeds : root of each episode

    Attributes
    ----------
    station : [2], place of the base station [m]
    relay : [B, 2], place of the relay [m]
    """

    def __init__(self, config: RescueConfig, ground: Mountain, seeds: Sequence[int]):
        area, self._relay, self._ground = config.area, config.relay, ground
        self._uav_m, self._mast_m = area.altitude_m, area.mast_m
        self._exponent = area.exponent
        self.station = STATION * area.side_m
        self._places = _grid(area.side_m)
        self._to_station = self._map_db()
        self._snr_db = config.snr_db - self._patrol_db(config)
        self._slot = 0
        each = [config.fading] * (2 * config.uavs + 1)
        self._shadows = States(each, seeds, snr_db=0.0)
        self.relay = np.broadcast_to(self.station, (len(seeds), 2)).copy()
        chosen = first(seeds, "place of the relay", (1,), uniform)[:, 0]
        self._target = self._places[(chosen * len(self._places)).astype(int)]

    @property
    def has_relay(self) -> bool:
        """Whether a UAV relays."""
        return self._relay.policy != "none"

    def __call__(self, uavs: np.ndarray) -> Hops:
        """States of a slot, of UAVs at places [B, K, 2]."""
        count = uavs.shape[-2]
        shadows = self._shadows()
        direct = self._to_station_db(uavs) + shadows[:, :count]
        if not self.has_relay:
            nothing = np.full(direct.shape, WEAKEST_DB)
            return Hops(direct, nothing, nothing)
        if self._slot % RENEWED == 0:
            self._first_db = self._between_db(uavs, self.relay[:, None])
        self._slot += 1
        second = self._to_station_db(self.relay[:, None]) + shadows[:, -1:]
        second = np.broadcast_to(second, direct.shape)
        return Hops(direct, self._first_db + shadows[:, count:-1], second)

    def move_relay(self, slot: int, uavs: np.ndarray, weight: np.ndarray) -> None:
        """Let the relay fly for a slot; at times its place is reviewed.

        Parameters
        ----------
        slot : now
        uavs : [B, K, 2], places that the centre knows
        weight : [B, K], what their capacities are worth
        """
        if self._relay.policy == "search" and slot % self._relay.review_slots == 0:
            self._target = self.best_place(uavs, weight)
        if self.has_relay:
            self.relay = flown(self.relay, self._target, self._relay.speed_mps)

    def best_place(self, uavs: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Place of the largest sum of weighted capacities by the map : [B, 2].

        Signals are amplified; shadowing and outages are unknown.
        """
        direct = db_to_linear(self._to_station_db(uavs))[..., None]
        first_hop = self._between_db(uavs[..., None, :], self._places)
        hops = Hops(direct, first_hop, self._to_station_db(self._places))
        carries = efficiency(direct, db_to_linear(hops.relayed(decodes=False)))
        return self._places[np.argmax((weight[..., None] * carries).sum(1), axis=-1)]

    def _to_station_db(self, places: np.ndarray) -> np.ndarray:
        """Mean Es/N0 from UAVs at places to the base station [dB]."""
        return self._snr_db + self._ground.between(self._to_station, places)

    def _between_db(self, places: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Mean Es/N0 between UAVs [dB]."""
        ends = places, self._uav_m, others, self._uav_m
        return self._snr_db + self._gain_db(*ends)

    def _gain_db(self, a, a_above_m, b, b_above_m) -> np.ndarray:
        """Path gain over 1 km of free sight, ridges included [dB]."""
        top_a, top_b = (
            self._ground.height(a) + a_above_m,
            self._ground.height(b) + b_above_m,
        )
        distance = np.hypot(np.linalg.norm(a - b, axis=-1), top_a - top_b)
        distance = np.maximum(distance, NEAR_M)
        loss = 10 * self._exponent * np.log10(distance / REFERENCE_M)
        return -loss - self._ground.blockage_db(a, a_above_m, b, b_above_m)

    def _patrol_db(self, config: RescueConfig) -> float:
        """Mean gain of all UAVs on their patrols [dB]."""
        turn = TURN * np.arange(DIRECTIONS)[:, None] / DIRECTIONS
        around = PATROL_M * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
        places = sectors(config.uavs, config.area.side_m) + around
        return float(self._ground.between(self._to_station, places).mean())

    def _map_db(self) -> np.ndarray:
        """Gain from UAVs over the grid to the base station [dB] : [CELLS, CELLS]."""
        ends = self._ground.points, self._uav_m, self.station, self._mast_m
        return self._gain_db(*ends)


def _grid(side_m: float) -> np.ndarray:
    """Places over which a relay can hover : [PLACES^2, 2]."""
    axis = side_m * (np.arange(PLACES) + 0.5) / PLACES
    return np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
