"""Additive white Gaussian noise."""

import sionna.phy.channel
import tensorflow as tf

from semlink.signals import RxSignal
from semlink.units import db_to_linear


class Awgn:
    """y = x + n, n ~ CN(0, N0).

    Input
    -----
    x : [B, N], complex64, unit mean energy
    snr_db : [], float32, Es/N0 in dB

    Output
    ------
    : RxSignal with h_hat = 1 and no = N0
    """

    level, flat = "graph", True

    def __init__(self):
        self._noise = sionna.phy.channel.AWGN()

    def __call__(self, x, snr_db) -> RxSignal:
        no = db_to_linear(-snr_db)
        y = self._noise(x, no)
        return RxSignal(y, no * tf.ones(tf.shape(x)), tf.ones_like(x))


def build() -> Awgn:
    """Build the channel; it has no parameters."""
    return Awgn()
