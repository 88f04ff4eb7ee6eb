"""Flat channels: one gain per symbol, known to the receiver."""

import tensorflow as tf

from channels.awgn import white_noise
from semlink.rng import Course
from semlink.signals import RxSignal
from semlink.units import db_to_linear

SMALLEST = 1e-12  # least power gain, to avoid a division by zero


class FlatFading:
    """y = h x + n, n ~ CN(0, N0); the receiver knows h, and divides by it.

    The noise variance after equalisation is N0 / |h|^2.

    Parameters
    ----------
    gains : (course, B, N, start), integers or tensors -> h : [B, N], complex64,
        ``E|h|^2 = 1``

    Input
    -----
    x : [B, N], complex64, unit mean energy
    snr_db : [], float32, average received Es/N0 [dB]
    course : source of gains and noise
    start : [], symbols of the course that went by before

    Output
    ------
    : RxSignal, equalised, with h_hat = h
    """

    level, flat, superposes = "graph", True, True

    def __init__(self, gains):
        self._gains = gains

    def __call__(self, x, snr_db, course: Course, start=0) -> RxSignal:
        no = db_to_linear(-snr_db)
        h = self._gains(course, *tf.unstack(tf.shape(x)), start)
        power = tf.maximum(tf.abs(h) ** 2, SMALLEST)
        y = h * x + white_noise(course, tf.shape(x), no, start)
        return RxSignal(y / h, no / power, h)


def held(draw, length: int, num_symbols, start=0):
    """Values that are constant over ``length`` symbols : [B, num_symbols].

    Parameters
    ----------
    draw : (count, number of the first) -> values [B, count]
    length : symbols of a constant value
    num_symbols : [], number of symbols
    start : [], number of the first symbol
    """
    first, inside = start // length, start % length
    values = draw(-(-(num_symbols + inside) // length), first)
    return tf.repeat(values, length, axis=1)[:, inside : inside + num_symbols]
