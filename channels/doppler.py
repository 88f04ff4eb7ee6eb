"""Doppler spectra, as lines."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

LINES = 256  # of a continuous spectrum; the sums below converge exponentially
AROUND = 32  # directions of travel
LEAST = 1e-12  # smaller shares of the power are left out


class Spectrum(NamedTuple):
    """Power of a channel by Doppler shift.

    shifts_hz : [n], Doppler shifts [Hz]
    shares : [n], shares of the received power; they add up to one
    """

    shifts_hz: np.ndarray
    shares: np.ndarray

    @property
    def largest_hz(self) -> float:
        """The largest shift of either sign [Hz]."""
        return float(np.max(np.abs(self.shifts_hz)))

    def correlation(self, lag_s) -> np.ndarray:
        """Correlation E[h(t + lag) h*(t)] : [...], complex128, for lags [...] [s]."""
        turns = np.multiply.outer(np.asarray(lag_s, float), self.shifts_hz)
        return np.exp(2j * np.pi * turns) @ self.shares


STILL = Spectrum(np.zeros(1), np.ones(1))


def jakes(largest_hz: float) -> Spectrum:
    """Waves from all directions in the plane of travel.

    References
    ----------
    R. H. Clarke, "A statistical theory of mobile-radio reception", Bell System
    Technical Journal, 1968. Its correlation is J0(2 pi f_D t).
    """
    angle = 2 * np.pi * np.arange(LINES) / LINES
    return Spectrum(largest_hz * np.cos(angle), np.full(LINES, 1 / LINES))


def from_all_directions(largest_hz: float, zeniths, shares) -> Spectrum:
    """Rays of these zenith angles and shares [n], over the directions of travel.

    Directions are as Sionna's clustered delay lines draw them: azimuth and zenith are
    uniform, so that directions near the vertical are frequent.
    """
    around = 2 * np.pi * (np.arange(AROUND) + 0.5) / AROUND
    up = np.pi * (np.arange(AROUND) + 0.5)[:, None] / AROUND
    zenith = np.asarray(zeniths, float)[:, None, None]
    level = np.sin(zenith) * np.sin(up) * np.cos(around)
    shift = level + np.cos(zenith) * np.cos(up)
    share = np.asarray(shares, float)[:, None, None] / around.size / up.size
    weights = np.broadcast_to(share, shift.shape)
    classes = {"bins": LINES, "range": (-1, 1)}
    power, _ = np.histogram(shift, weights=weights, **classes)
    moment, _ = np.histogram(shift, weights=weights * shift, **classes)
    some = power > 0
    return Spectrum(largest_hz * moment[some] / power[some], power[some])


def line(shift_hz: float) -> Spectrum:
    """A single path, such as one in line of sight."""
    return Spectrum(np.array([shift_hz]), np.ones(1))


def mixed(parts: Iterable[tuple[float, Spectrum]]) -> Spectrum:
    """Independent paths, each a share of the power and its spectrum."""
    parts = [(share, of) for share, of in parts if share > LEAST]
    shifts = np.concatenate([of.shifts_hz for _, of in parts])
    return Spectrum(shifts, np.concatenate([share * of.shares for share, of in parts]))
