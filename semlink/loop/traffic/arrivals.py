"""Arrivals of frames: Poisson, in bursts, or periodic."""

from collections.abc import Sequence

import numpy as np

from semlink.loop.traffic.config import Arrivals
from semlink.loop.traffic.streams import Stream, first, uniform

MOST = 16  # frames of a user in a slot


class ArrivalProcess:
    """Frames of each user, slot after slot.

    Parameters
    ----------
    each : arrivals of each user
    seeds : root of each episode
    """

    def __init__(self, each: Sequence[Arrivals], seeds: Sequence[int]):
        kinds, users = [one.kind for one in each], len(each)
        self._rate = np.array([one.rate for one in each])
        self._periodic = np.array([kind == "periodic" for kind in kinds])
        self._bursts = np.array([kind == "bursts" for kind in kinds])
        share = np.array([one.on_share for one in each])
        self._ends = 1 / np.array([one.on_slots for one in each])
        self._begins = np.minimum(
            self._ends * share / np.maximum(1 - share, 1e-12), 1.0
        )
        self._in_burst = self._rate / share
        self._on = first(seeds, "bursts at first", (users,), uniform) < share
        self._phase = first(seeds, "phase", (users,), uniform)
        self._counts = Stream(seeds, "arrivals", (users,), uniform)
        self._turns = Stream(seeds, "bursts", (users,), uniform)

    def __call__(self) -> np.ndarray:
        """Frames that arrive in the next slot : [B, K], int."""
        turn = self._turns()
        self._on = np.where(self._on, turn >= self._ends, turn < self._begins)
        rate = np.where(self._bursts, self._on * self._in_burst, self._rate)
        self._phase = self._phase + np.where(self._periodic, self._rate, 0.0)
        due = np.floor(self._phase)
        self._phase = self._phase - due
        counts = _poisson(np.broadcast_to(rate, turn.shape), self._counts())
        return np.where(self._periodic, due, counts).astype(int)


def _poisson(rate: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Quantiles of Poisson distributions, up to ``MOST``."""
    chance = np.exp(-rate)
    below, count = chance, np.zeros(rate.shape)
    for number in range(1, MOST + 1):
        more = level >= below
        if not more.any():
            break
        count += more
        chance = chance * rate / number
        below = below + chance
    return count
