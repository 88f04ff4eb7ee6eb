"""What a receiver knows of a channel that it estimates at the pilots of a slot."""

from typing import NamedTuple

import numpy as np

from channels.doppler import Spectrum

SYMBOLS, PILOT_SYMBOLS = 14, (2, 11)  # symbols of a slot, and numbers of the pilots
NEAR = 24  # least number of carriers over which the power of the pilots is averaged


class Interpolation(NamedTuple):
    """Moments of linear interpolation between the pilots of a slot : [14].

    For a channel of unit power.

    noise : float32, noise power of the line over that of the pilots
    power : float32, power of the line, without noise
    alike : complex64, correlation of channel and line
    drift : float32, power of the part of the line that is uncorrelated with the channel
    """

    noise: np.ndarray
    power: np.ndarray
    alike: np.ndarray
    drift: np.ndarray


def interpolation(spectrum: Spectrum, symbol_s: float) -> Interpolation:
    """The moments for a Doppler spectrum, and OFDM symbols of ``symbol_s`` [s]."""
    first, last = PILOT_SYMBOLS
    symbol = np.arange(SYMBOLS)
    late = (symbol - first) / (last - first)
    early = 1 - late

    def alike(steps):
        return spectrum.correlation(np.asarray(steps) * symbol_s)

    noise = early**2 + late**2
    power = noise + 2 * early * late * alike(last - first).real
    both = early * alike(symbol - first) + late * alike(symbol - last)
    real = noise, power, power - np.abs(both) ** 2
    noise, power, drift = (v.astype(np.float32) for v in real)
    return Interpolation(noise, power, both.astype(np.complex64), drift)


def neighbours(carriers: int) -> tuple[np.ndarray, np.ndarray]:
    """Groups of at least ``NEAR`` neighbouring carriers, or all where there are fewer.

    Output
    ------
    : [F, F], float32, matrix that takes the mean over the group of each carrier;
        [F], float32, pilots of that group in a slot
    """
    group = np.arange(carriers) * max(carriers // NEAR, 1) // carriers
    size = np.bincount(group)[group].astype(np.float32)
    return (group[:, None] == group) / size, len(PILOT_SYMBOLS) * size
