"""Coefficients of features on the air: selection, power, LMMSE.

The strongest coefficients are sent, in a fixed order, with the power of least expected
error. Both ends derive all of it from the shipped deviations and three fields of the
header: the number of symbols, the SNR that power is allocated for, and a scale.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from blocks.features.transform import order
from blocks.phy import analog
from semlink.units import db_to_linear

FIELDS = {"symbols": 10, "snr": 5, "scale": 7}
FEWEST, STEPS_PER_OCTAVE = 16, 96  # symbols at step 0, and steps
LOWEST_DB = -8  # SNR at index 0 [dB], in steps of 1 dB
_SCALE = analog.LogScale(FIELDS["scale"], 0.4, 2.5)


class Setting(NamedTuple):
    """Setting of a sample: fields of the header.

    symbols : index of the number of symbols
    snr : index of the SNR
    """

    symbols: int
    snr: int


class Allocation(NamedTuple):
    """Coefficients with power.

    places : [n], places in the map
    sigma, gain : [n]
    """

    places: np.ndarray
    sigma: np.ndarray
    gain: np.ndarray


class Received(NamedTuple):
    """Received coefficients.

    y : estimates, as the deviations; zero where nothing was sent
    error : expected squared error of all, as a share of their variance
    """

    y: np.ndarray
    error: float


def num_symbols(index: int) -> int:
    """Number of symbols of a header's field."""
    return round(FEWEST * 2 ** (index / STEPS_PER_OCTAVE))


def snr_index(snr_db: float) -> int:
    """The header's field of an SNR [dB]."""
    return int(np.clip(round(snr_db) - LOWEST_DB, 0, 2 ** FIELDS["snr"] - 1))


class Payload:
    """Coefficients to symbols, and back.

    Parameters
    ----------
    sigma : [...], deviations of the coefficients, which both ends share
    """

    def __init__(self, sigma: np.ndarray):
        self._sigma, self._order = sigma, order(sigma)
        self._variance = float(np.sum(sigma**2))
        self._allocation = lru_cache(maxsize=64)(self._allocate)

    def send(self, y: np.ndarray, setting: Setting) -> tuple[np.ndarray, int]:
        """Coefficients [...] to symbols [n], complex64, and the scale's field.

        The scale normalises the power of this sample, whose coefficients may be larger
        or smaller than usual.
        """
        sent, count = self._allocation(setting), num_symbols(setting.symbols)
        values = analog.spread(y.ravel()[sent.places] * sent.gain, 2 * count)
        scale = np.sqrt(count / max(np.sum(values**2), 1e-12))
        index = _SCALE.index(scale)
        # beyond the range of the field, the power is right and the scale is not
        step = _SCALE.value(1) / _SCALE.value(0)
        scale = np.clip(_SCALE.value(index), scale / step, scale * step)
        return analog.pack(scale * values), index

    def receive(
        self, x_hat: np.ndarray, no: np.ndarray, setting: Setting, scale: int
    ) -> Received | None:
        """LMMSE estimates of all coefficients; ``None`` if symbols are missing."""
        sent, count = self._allocation(setting), num_symbols(setting.symbols)
        if count > len(x_hat):
            return None
        received, noise = analog.unpack(x_hat[:count], no[:count], 2 * count)
        y = np.zeros(self._sigma.shape, np.float32)
        estimates = analog.lmmse(received, noise, sent.gain, sent.sigma)
        y.ravel()[sent.places] = estimates / _SCALE.value(scale)
        error = analog.lmmse_error(noise, sent.gain, sent.sigma)
        removed = np.sum(sent.sigma**2 - error)
        return Received(y, max(1 - removed / self._variance, 0.0))

    def _allocate(self, setting: Setting) -> Allocation:
        """Power of the strongest coefficients."""
        count = num_symbols(setting.symbols)
        places = self._order[: 2 * count]
        sigma = self._sigma.ravel()[places]
        noise = db_to_linear(-(setting.snr + LOWEST_DB)) / 2
        power = analog.power_by_noise(sigma, noise, count)
        active = power > 0
        gain = np.sqrt(power[active]) / sigma[active]
        return Allocation(places[active], sigma[active], gain)
