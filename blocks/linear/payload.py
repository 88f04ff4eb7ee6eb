"""The payload of the linear code: selection and power of coefficients.

Both ends derive it from the deviations of the coefficients and fields of the header:
quality (hence threshold), floor and scale.
"""

from typing import NamedTuple

import numpy as np

from blocks.linear import classes
from blocks.phy import analog
from semlink.signals import NO_BLOCKS

QUALITY_BITS, FLOOR_BITS, SCALE_BITS = 12, 6, 10
LARGEST_DEVIATION = 8.0  # threshold at quality 0
STEPS_PER_OCTAVE = 256  # quality steps per octave of the threshold
DITHER = 0.04  # share of the threshold; lets the rate grow coefficient by coefficient
NO_FLOOR = 0  # power in proportion to the deviation
_FLOOR = analog.LogScale(FLOOR_BITS, 1 / 16, 64)
_SCALE = analog.LogScale(SCALE_BITS, 2.0**-4, 2.0**12)
_GOLDEN = (np.sqrt(5) - 1) / 2


class Point(NamedTuple):
    """Operating point of the transmitter.

    side_db : Es/N0 that the digital parts must survive
    noise : noise variance of a real dimension
    csi : whether power is allocated for this noise
    """

    side_db: float
    noise: float
    csi: bool


class Coded(NamedTuple):
    """Coefficients on the air.

    digital, analog : [n], complex64, symbols
    fields : values of the header
    blocks : [C, K], uint8, code blocks of the digital part
    known : [B, K], coefficients as the receiver has them; ``None`` if noise adds to
        them
    """

    digital: np.ndarray
    analog: np.ndarray
    fields: dict[str, int]
    blocks: np.ndarray = NO_BLOCKS
    known: np.ndarray | None = None


class AnalogPayload:
    """Coefficients above the threshold, each on a dimension of its own."""

    fields = {"floor": FLOOR_BITS, "scale": SCALE_BITS}

    prices = staticmethod(classes.prices)

    def send(self, x: np.ndarray, sigma: np.ndarray, at: Point, quality: int) -> Coded:
        """Coefficients [B, K] and their deviations to symbols."""
        kept, level = mask(sigma, quality), NO_FLOOR
        if at.csi:
            level = floor_index(sigma[kept], quality, at.noise)
        symbols, scale = send_coefficients(
            x[kept], sigma[kept], floor_of(level, quality)
        )
        return Coded(symbols[:0], symbols, {"floor": level, "scale": scale})

    def num_symbols(
        self, x: np.ndarray, sigma: np.ndarray, at: Point, quality: int
    ) -> int:
        """Number of symbols."""
        return -(-np.count_nonzero(mask(sigma, quality)) // 2)

    def receive(
        self, x_hat: np.ndarray, no: np.ndarray, sigma: np.ndarray, header: dict
    ) -> tuple[np.ndarray | None, np.ndarray]:
        """Symbols to coefficients [B, K], ``None`` if cut short, and decoded blocks."""
        kept = mask(sigma, header["quality"])
        num_symbols = -(-np.count_nonzero(kept) // 2)
        if num_symbols > len(x_hat):
            return None, NO_BLOCKS
        x = np.zeros(sigma.shape)
        x[kept] = receive_coefficients(
            x_hat[:num_symbols],
            no[:num_symbols],
            sigma[kept],
            floor_of(header["floor"], header["quality"]),
            header["scale"],
        )
        return x, NO_BLOCKS

    def errors(self, no: np.ndarray, sigma: np.ndarray, header: dict) -> np.ndarray:
        """Expected squared error of each coefficient : [B, K].

        Parameters are those of :meth:`receive`.
        """
        kept, error = mask(sigma, header["quality"]), sigma.astype(np.float64) ** 2
        count = np.count_nonzero(kept)
        if not count:
            return error
        inside, lowest = error[kept], floor_of(header["floor"], header["quality"])
        active, gain = _gains(sigma[kept], lowest)
        noise = np.repeat(no[: -(-count // 2)] / 2, 2)[:count]
        gain = gain * _SCALE.value(header["scale"])
        inside[active] = analog.lmmse_error(noise, gain, sigma[kept][active])
        error[kept] = inside
        return error


def threshold(quality: int) -> float:
    """Deviation above which coefficients are sent."""
    return LARGEST_DEVIATION * 2.0 ** (-quality / STEPS_PER_OCTAVE)


def mask(sigma: np.ndarray, quality: int) -> np.ndarray:
    """Mask of the transmitted coefficients : [B, K], bool.

    Many have the same deviation; dithered thresholds select them one after the other.
    """
    nominal = threshold(quality)
    kept = sigma > nominal * (1 - DITHER / 2)
    near = np.nonzero(kept & (sigma <= nominal * (1 + DITHER / 2)))
    kept[near] = sigma[near] > nominal * _dither(*near)
    return kept


def dithered(sigma: np.ndarray) -> np.ndarray:
    """Deviations by which coefficients are selected one after the other : [B, K]."""
    return sigma / _dither(*np.ogrid[: sigma.shape[0], : sigma.shape[1]])


def _dither(block: np.ndarray, coefficient: np.ndarray) -> np.ndarray:
    return 1 + DITHER * ((block + coefficient) * _GOLDEN % 1 - 0.5)


def floor_of(index: int, quality: int) -> float:
    """Deviation below which no power is spent, from the header's field."""
    return 0.0 if index == NO_FLOOR else _FLOOR.value(index) * threshold(quality)


def floor_index(sigma: np.ndarray, quality: int, noise: float) -> int:
    """The header's field for power that is optimal at a noise variance.

    Input
    -----
    sigma : [n], deviations of the transmitted coefficients
    """
    if not len(sigma):
        return NO_FLOOR
    lowest = analog.floor(sigma, noise, len(sigma) / 2)
    index = max(_FLOOR.index(lowest / threshold(quality)), NO_FLOOR + 1)
    # after rounding up, at least one coefficient must stay above the floor
    while floor_of(index, quality) >= sigma.max():
        index -= 1
    return index


def send_coefficients(
    x: np.ndarray, sigma: np.ndarray, lowest: float
) -> tuple[np.ndarray, int]:
    """Coefficients to symbols.

    Input
    -----
    x, sigma : [n], transmitted coefficients, and their deviations
    lowest : floor of the power allocation

    Output
    ------
    payload : [ceil(n / 2)], complex64, of mean energy 1
    scale : scale factor, as the header's field
    """
    if not len(x):
        return np.zeros(0, np.complex64), 0
    active, gain = _gains(sigma, lowest)
    values = analog.spread(x[active] * gain, len(x))
    num_symbols = -(-len(x) // 2)
    scale = np.sqrt(num_symbols / max(np.sum(values**2), 1e-12))
    # an empty picture has no power to scale
    index = _SCALE.index(scale)
    return analog.pack(min(scale, _SCALE.value(index) * 1.01) * values), index


def receive_coefficients(
    x_hat: np.ndarray, no: np.ndarray, sigma: np.ndarray, lowest: float, scale: int
) -> np.ndarray:
    """Symbols to estimates of the coefficients [n] whose deviations are ``sigma``."""
    estimates = np.zeros(len(sigma))
    if len(sigma):
        active, gain = _gains(sigma, lowest)
        received, noise = analog.unpack(x_hat, no, len(sigma))
        gain = gain * _SCALE.value(scale)
        estimates[active] = analog.lmmse(received, noise, gain, sigma[active])
    return estimates


def _gains(sigma: np.ndarray, lowest: float) -> tuple[np.ndarray, np.ndarray]:
    """Mask of the coefficients with power, and their gains."""
    active = sigma > lowest
    above = analog.power_by_deviation(sigma[active] - lowest, len(sigma) / 2)
    return active, np.sqrt(above) / sigma[active]
