"""Interference of OFDM: a channel that varies within a symbol, or outlasts the prefix.

Both turn a part of the received power into interference. A carrier keeps its mean gain
over the symbol; what its symbol loses reaches other carriers or the next symbol. The
data are independent, so the interference is noise of known power. Only the carriers of
the grid interfere: those beside the band are empty, and carriers at an edge receive
less.

References
----------
P. Robertson, S. Kaiser, "The effects of Doppler spreads in OFDM(A) mobile radio
systems", IEEE VTC, 1999. H. Steendam, M. Moeneclaey, "Analysis and optimization of the
performance of OFDM on frequency-selective time-selective fading channels", IEEE Trans.
Commun., 1999.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from channels.doppler import Spectrum


class Leakage(NamedTuple):
    """What a moving channel does to a carrier.

    kept : share of the power that stays the gain of the carrier
    power : [F], float32, power of the interference at each carrier, over the mean
        received power of a symbol
    """

    kept: float
    power: np.ndarray


def leakage(spectrum: Spectrum, symbol_s: float, carriers: int) -> Leakage:
    """Interference between carriers by the Doppler spectrum.

    A path of shift f sends the share sinc^2(l - f T) of its power to the carrier that
    is l carriers away, for the useful symbol duration T.

    Parameters
    ----------
    spectrum : Doppler spectrum
    symbol_s : useful duration of an OFDM symbol, without prefix [s]
    carriers : carriers F of the grid
    """
    turns = spectrum.shifts_hz * symbol_s
    away = np.arange(1 - carriers, carriers)
    share = np.sinc(away[:, None] - turns) ** 2 @ spectrum.shares
    kept = share[carriers - 1]
    arriving = np.convolve(share, np.ones(carriers), mode="valid")
    return Leakage(float(kept), np.maximum(arriving - kept, 0).astype(np.float32))


class Overrun:
    """Paths that arrive after the cyclic prefix.

    A path whose delay exceeds the prefix by a share d of the symbol has only the rest,
    1 - d, of its own symbol in the receiver's window; the remainder is of the symbol
    before. It keeps the amplitude 1 - d, and all other of its power interferes.

    Parameters
    ----------
    prefix_s : duration of the prefix [s]
    symbol_s : useful duration of an OFDM symbol [s]
    carriers : carriers F of the grid
    """

    def __init__(self, prefix_s: float, symbol_s: float, carriers: int):
        self._prefix_s, self._symbol_s = prefix_s, symbol_s
        self._away = tf.range(1, carriers, dtype=tf.float32)

    def __call__(self, gains, delays):
        """Useful gains of the paths, and the power of the interference.

        Input
        -----
        gains : [B, R, P, T], complex64
        delays : [B, P], float32 [s]

        Output
        ------
        : gains [B, R, P, T], complex64; power [B, R, T, F], float32
        """
        late = tf.clip_by_value((delays - self._prefix_s) / self._symbol_s, 0.0, 1.0)
        power = tf.abs(gains) ** 2
        interfering = tf.matmul(power, self._arriving(late)[:, None], transpose_a=True)
        return gains * tf.cast(1 - late, gains.dtype)[:, None, :, None], interfering

    def _arriving(self, late):
        """Share of a path's power that interferes at a carrier : [B, P] -> [B, P, F].

        The two parts of the window send sin^2(pi l d) / (pi l)^2 each to the carrier
        that is l carriers away, and the symbol before d^2 to the carrier itself.
        """
        turns = np.pi * self._away
        share = 2 * (tf.sin(turns * late[..., None]) / turns) ** 2
        below = tf.pad(tf.cumsum(share, axis=-1), [[0, 0], [0, 0], [1, 0]])
        return below + tf.reverse(below, [-1]) + late[..., None] ** 2
