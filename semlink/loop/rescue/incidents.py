"""Where UAVs watch, and who gets into distress there."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from semlink.loop.rescue.config import RescueConfig
from semlink.loop.traffic.streams import first, normal, uniform

NEVER = 10**9  # slot
PATROL_M, AROUND_M = 150.0, 80.0  # radius of a patrol, deviation of a place
UAV_MPS = 15.0
EARLIEST = 5  # slot of an incident
TURN = 2 * np.pi


class Incidents(NamedTuple):
    """Distress in sectors; all arrays [B, K].

    starts : int, slot; ``NEVER`` where nobody is in distress
    level : int, 1 to 3
    guess : int, level that the UAV itself estimates
    place : [B, K, 2], in metres
    """

    starts: np.ndarray
    level: np.ndarray
    guess: np.ndarray
    place: np.ndarray


def sectors(count: int, side_m: float) -> np.ndarray:
    """Middles of the sectors, away from the base station : [K, 2], in metres."""
    columns = int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    row, column = np.divmod(np.arange(count), columns)
    x = 0.12 + 0.76 * (column + 0.5) / columns
    y = 0.3 + 0.62 * (row + 0.5) / rows
    return side_m * np.stack([x, y], axis=-1)


def incidents(config: RescueConfig, seeds: Sequence[int]) -> Incidents:
    """Incidents of episodes."""
    k = config.uavs
    middles = sectors(k, config.area.side_m)
    rank = first(seeds, "sectors in distress", (k,), uniform).argsort(-1).argsort(-1)
    when = first(seeds, "beginnings of distress", (k,), uniform)
    starts = EARLIEST + (when * max(config.slots // 4 - EARLIEST, 1)).astype(int)
    bounds = np.cumsum(config.levels)[:-1]
    kind = first(seeds, "levels of distress", (k,), uniform)
    level = 1 + (kind[..., None] >= bounds).sum(-1)
    luck, other = first(seeds, "levels that UAVs guess", (2, k), uniform).swapaxes(0, 1)
    wrong = (level + (other >= 0.5)) % 3 + 1  # one of the two others
    place = middles + AROUND_M * first(seeds, "places of distress", (k, 2), normal)
    return Incidents(
        starts=np.where(rank < config.incidents, starts, NEVER),
        level=level,
        guess=np.where(luck < config.guess, level, wrong),
        place=np.clip(place, 0, config.area.side_m),
    )


class Uavs:
    """UAVs on circles over their sectors; over somebody in distress they stay.

    Parameters
    ----------
    config : of the rescue
    seeds : root of each episode

    Attributes
    ----------
    place : [B, K, 2], in metres
    middles : [K, 2], of the sectors, in metres
    """

    def __init__(self, config: RescueConfig, seeds: Sequence[int]):
        self.middles = sectors(config.uavs, config.area.side_m)
        self._phase = first(seeds, "phases of patrols", (config.uavs,), uniform)
        self.place = self._circle(0)

    def move(self, slot: int, stays: np.ndarray, at: np.ndarray) -> None:
        """Fly for a slot; those who stay [B, K], bool, to places [B, K, 2]."""
        to = np.where(stays[..., None], at, self._circle(slot))
        self.place = flown(self.place, to, UAV_MPS)

    def _circle(self, slot: int) -> np.ndarray:
        """Place of a patrol : [B, K, 2]."""
        turn = TURN * self._phase + slot * UAV_MPS / PATROL_M
        around = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
        return self.middles + PATROL_M * around


def flown(place: np.ndarray, to: np.ndarray, mps: float) -> np.ndarray:
    """Places [..., 2] after a slot, which is a second, on the way to others."""
    way = to - place
    left = np.linalg.norm(way, axis=-1, keepdims=True)
    return place + way * np.minimum(mps / np.maximum(left, 1e-9), 1.0)
