"""OFDM symbols as a waveform over paths that vary from sample to sample.

The receiver takes the samples of one symbol, whose prefix and whose predecessor arrive
with it, and transforms them. Nothing is taken from the model of the channels but their
paths: the gains at every sample, and the delays.
"""

from typing import NamedTuple

import numpy as np

from channels.ofdm import Ofdm, resource_grid
from semlink.rng import Course

OVERSAMPLING = 4  # samples per carrier and symbol
DATA = 16  # random symbols over each course


class Measured(NamedTuple):
    """Powers over the mean received power, means over courses : [F].

    gain : power of the gains of the carriers
    interference : power of the interference
    """

    gain: np.ndarray
    interference: np.ndarray


def measured(channel: Ofdm, rows: int, seed: int = 1) -> Measured:
    """Send random QPSK over courses of a channel with one antenna, without noise.

    Parameters
    ----------
    channel : built channel
    rows : number of courses
    seed : seed of courses and data
    """
    grid = resource_grid(channel.settings)
    size = OVERSAMPLING * channel.settings.subcarriers
    prefix = OVERSAMPLING * int(grid.cyclic_prefix_length)
    rate = size * grid.subcarrier_spacing
    # the second symbol, after its prefix
    begin = size + 2 * prefix
    gains, delays = channel.paths(Course(seed), rows, size, rate, begin)
    gains, late = np.asarray(gains)[:, 0], np.asarray(delays, float) * rate
    draws = np.random.default_rng(seed)
    gain, interference = [], []
    for of_row, delay in zip(gains, late, strict=True):
        data = draws.integers(0, 4, (2, channel.settings.subcarriers, DATA))
        before, now = np.exp(0.5j * np.pi * data)
        arriving = (
            g[:, None] * _window(before, now, d, size, prefix)
            for g, d in zip(of_row, delay, strict=True)
        )
        received = np.fft.fft(sum(arriving), axis=0)[_bins(now, size)] / size
        # least squares over the data: a gain for each carrier, and what it leaves
        h = np.mean(received * np.conj(now), axis=1)
        left = np.sum(np.abs(received - h[:, None] * now) ** 2, axis=1) / (DATA - 1)
        gain.append(np.abs(h) ** 2 - left / DATA)
        interference.append(left)
    return Measured(np.mean(gain, axis=0), np.mean(interference, axis=0))


def _window(before, now, delay: float, size: int, prefix: int):
    """The receiver's window of a path that is ``delay`` samples late : [size, DATA].

    Samples that left before the prefix of this symbol are of the symbol before.
    """
    window = _wave(now, -delay, size)
    late = np.arange(size) < delay - prefix
    if late.any():
        window[late] = _wave(before, prefix - delay, size)[late]
    return window


def _wave(data, begin: float, size: int):
    """Waveform of a symbol from ``begin`` on, in samples : [size, DATA].

    It has the period of its useful part.
    """
    bins = _bins(data, size)
    spectrum = np.zeros((size, data.shape[1]), complex)
    turn = np.exp(2j * np.pi * begin * (np.arange(len(bins)) - len(bins) // 2) / size)
    spectrum[bins] = data * turn[:, None]
    return np.fft.ifft(spectrum, axis=0, norm="forward")


def _bins(data, size: int):
    """Where the carriers are in a transform of ``size``."""
    return (np.arange(len(data)) - len(data) // 2) % size
