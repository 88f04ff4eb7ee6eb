"""The payload of the linear code: which coefficients are sent, at what power.

Both ends derive it from the deviations of the coefficients and a few numbers of the
header: quality (hence threshold), floor and scale.
"""

import numpy as np

from blocks.phy import analog

QUALITY_BITS, FLOOR_BITS, SCALE_BITS = 12, 6, 10
LARGEST_DEVIATION = 8.0  # threshold at quality 0
STEPS_PER_OCTAVE = 256  # of the threshold
DITHER = 0.04  # of the threshold, so that the rate grows coefficient by coefficient
NO_FLOOR = 0  # power in proportion to the deviation
_FLOOR = analog.LogScale(FLOOR_BITS, 1 / 16, 64)
_SCALE = analog.LogScale(SCALE_BITS, 2.0**-4, 2.0**12)
_GOLDEN = (np.sqrt(5) - 1) / 2


def threshold(quality: int) -> float:
    """Deviation above which coefficients are sent."""
    return LARGEST_DEVIATION * 2.0 ** (-quality / STEPS_PER_OCTAVE)


def mask(sigma: np.ndarray, quality: int) -> np.ndarray:
    """Which coefficients [B, K] are sent.

    Many have the same deviation; thresholds a little apart take them in turns.
    """
    nominal = threshold(quality)
    kept = sigma > nominal * (1 - DITHER / 2)
    near = np.nonzero(kept & (sigma <= nominal * (1 + DITHER / 2)))
    turn = (near[0] + near[1]) * _GOLDEN % 1 - 0.5
    kept[near] = sigma[near] > nominal * (1 + DITHER * turn)
    return kept


def floor_of(index: int, quality: int) -> float:
    """The deviation below which there is no power, from the header's field."""
    return 0.0 if index == NO_FLOOR else _FLOOR.value(index) * threshold(quality)


def floor_index(sigma: np.ndarray, quality: int, noise: float) -> int:
    """The header's field for power that is optimal at a noise variance.

    Input
    -----
    sigma : [n], deviations of what is sent
    """
    if not len(sigma):
        return NO_FLOOR
    lowest = analog.floor(sigma, noise, len(sigma) / 2)
    index = max(_FLOOR.index(lowest / threshold(quality)), NO_FLOOR + 1)
    # what is rounded up must leave something to send
    while floor_of(index, quality) >= sigma.max():
        index -= 1
    return index


def send_coefficients(
    x: np.ndarray, sigma: np.ndarray, lowest: float
) -> tuple[np.ndarray, int]:
    """Coefficients to symbols.

    Input
    -----
    x, sigma : [n], those to be sent, and their deviations
    lowest : floor of the power allocation

    Output
    ------
    payload : [ceil(n / 2)], complex64, of mean energy 1
    scale : what that took, as the header's field
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
    """Which coefficients have power, and the gains of those."""
    active = sigma > lowest
    above = analog.power_by_deviation(sigma[active] - lowest, len(sigma) / 2)
    return active, np.sqrt(above) / sigma[active]
