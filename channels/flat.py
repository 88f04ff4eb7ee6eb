"""What flat channels have in common: one gain a symbol, which the receiver knows."""

import tensorflow as tf

from channels.awgn import white_noise
from semlink.rng import Course
from semlink.signals import RxSignal
from semlink.units import db_to_linear

SMALLEST = 1e-12  # power gain that is divided by


class FlatFading:
    """y = h x + n, n ~ CN(0, N0); the receiver knows h, and divides by it.

    The noise that it is left with is N0 / |h|^2.

    Parameters
    ----------
    gains : (course, B, N), int32 tensors -> h : [B, N], complex64, ``E|h|^2 = 1``

    Input
    -----
    x : [B, N], complex64, unit mean energy
    snr_db : [], float32, average received Es/N0 [dB]
    course : where gains and noise come from

    Output
    ------
    : RxSignal, equalised, with h_hat = h
    """

    level, flat = "graph", True

    def __init__(self, gains):
        self._gains = gains

    def __call__(self, x, snr_db, course: Course) -> RxSignal:
        no = db_to_linear(-snr_db)
        h = self._gains(course, *tf.unstack(tf.shape(x)))
        power = tf.maximum(tf.abs(h) ** 2, SMALLEST)
        y = h * x + white_noise(course, tf.shape(x), no)
        return RxSignal(y / h, no / power, h)


def held(gains, length: int, num_symbols):
    """Gains [B, M] that stay the same for ``length`` symbols : [B, num_symbols]."""
    return tf.repeat(gains, length, axis=1)[:, :num_symbols]
