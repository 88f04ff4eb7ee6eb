"""Rayleigh block fading: flat, complex, constant over a number of symbols."""

from typing import Annotated

import tensorflow as tf
from pydantic import Field
from sionna.phy.channel import ApplyFlatFadingChannel, GenerateFlatFadingChannel

from semlink.signals import RxSignal
from semlink.units import db_to_linear


class Rayleigh:
    """y = h x + n with h ~ CN(0, 1), n ~ CN(0, N0), h known to the receiver.

    The receiver divides by h; the noise it is left with is N0 / |h|^2.

    Parameters
    ----------
    coherence_length : symbols over which h stays the same

    Input
    -----
    x : [B, N], complex64, unit mean energy
    snr_db : [], float32, average received Es/N0 in dB

    Output
    ------
    : RxSignal, equalised, with h_hat = h
    """

    level = "graph"

    def __init__(self, coherence_length: int):
        self._coherence_length = coherence_length
        self._gains = GenerateFlatFadingChannel(1, 1)
        self._apply = ApplyFlatFadingChannel()

    def __call__(self, x, snr_db) -> RxSignal:
        no = db_to_linear(-snr_db)
        h = self._fading(x)
        y = self._apply(tf.reshape(x, (-1, 1)), tf.reshape(h, (-1, 1, 1)), no)
        power = tf.maximum(tf.abs(h) ** 2, 1e-12)
        return RxSignal(tf.reshape(y, tf.shape(x)) / h, no / power, h)

    def _fading(self, x):
        """Gains of every symbol : [B, N]."""
        batch, num_symbols = tf.unstack(tf.shape(x))
        blocks = -(-num_symbols // self._coherence_length)
        h = tf.reshape(self._gains(batch * blocks), (batch, blocks))
        return tf.repeat(h, self._coherence_length, axis=1)[:, :num_symbols]


def build(coherence_length: Annotated[int, Field(gt=0)] = 168) -> Rayleigh:
    """Build the channel.

    Parameters
    ----------
    coherence_length : symbols per fade; 168 is an NR resource block of one slot
        (12 subcarriers, 14 OFDM symbols)
    """
    return Rayleigh(coherence_length)
