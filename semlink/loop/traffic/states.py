"""Channels with memory: Rayleigh fading, shadowing and outages, one user a course.

Fading is a sum of waves from random directions, so that its autocorrelation is that of
Clarke and Jakes, ``J0(2 pi f_D t)``. Shadowing is a Gauss-Markov process in decibels
(Gudmundson, 1991), scaled to a mean gain of one. Outages follow a Markov chain of two
states.
"""

from collections.abc import Sequence

import numpy as np

from semlink.loop.traffic.config import Fading
from semlink.loop.traffic.streams import Stream, first, normal, uniform
from semlink.units import linear_to_db

WAVES = 16  # waves of a fading process
WEAKEST_DB = -100.0  # least gain
TURN = 2 * np.pi


class States:
    """Es/N0 of each user at nominal power, slot after slot.

    Parameters
    ----------
    each : fading of each user
    seeds : root of each episode
    snr_db : mean Es/N0 of the cell [dB]
    """

    def __init__(
        self, each: Sequence[Fading], seeds: Sequence[int], snr_db: float = 10.0
    ):
        shape = (len(each),)
        column = {name: np.array([getattr(f, name) for f in each]) for name in NAMES}
        self._std_db = column["shadowing_db"]
        self._mean_db = snr_db + column["offset_db"]
        # E g = exp(s^2 / 2) for a Gaussian of deviation s = std ln(10) / 10
        self._offset_db = self._std_db**2 * np.log(10) / 20
        self._memory = np.exp(-1 / column["shadowing_slots"])
        self._fades, self._loss_db = column["doppler"] > 0, column["outage_db"]
        share = column["outage"]
        self._ends = 1 / column["outage_slots"]
        self._begins = self._ends * share / (1 - share)
        self._out = first(seeds, "outage at first", shape, uniform) < share
        self._shadow = first(seeds, "shadow at first", shape, normal)
        self._news = Stream(seeds, "shadow", shape, normal)
        self._turns = Stream(seeds, "outage", shape, uniform)
        self._waves, self._turned = self._phasors(seeds, column["doppler"])

    def __call__(self) -> np.ndarray:
        """Es/N0 in the next slot [dB] : [B, K]."""
        memory = self._memory
        self._shadow = memory * self._shadow + np.sqrt(1 - memory**2) * self._news()
        turn = self._turns()
        self._out = np.where(self._out, turn >= self._ends, turn < self._begins)
        self._waves = self._waves * self._turned
        gain = np.abs(self._waves.sum(axis=-1)) ** 2 / WAVES
        fade_db = linear_to_db(np.maximum(gain, 10 ** (WEAKEST_DB / 10)))
        shadow_db = self._std_db * self._shadow - self._offset_db
        return (
            self._mean_db
            + np.where(self._fades, fade_db, 0.0)
            + shadow_db
            - np.where(self._out, self._loss_db, 0.0)
        )

    def _phasors(self, seeds: Sequence[int], doppler: np.ndarray):
        """Waves at first, and by how much they turn in a slot : [B, K, WAVES]."""
        shape = (len(doppler), WAVES)
        phase = first(seeds, "phases of waves", shape, uniform)
        # one direction in each sector makes the spectrum exact with few waves
        angle = first(seeds, "directions of waves", (len(doppler), 1), uniform)
        angle = (angle + np.arange(WAVES)) / WAVES
        shift = doppler[:, None] * np.cos(TURN * angle)
        return np.exp(1j * TURN * phase), np.exp(1j * TURN * shift)


NAMES = tuple(Fading.model_fields)
