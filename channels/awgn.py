"""Additive white Gaussian noise."""

import tensorflow as tf

from semlink.rng import Course
from semlink.signals import RxSignal
from semlink.units import db_to_linear


def white_noise(course: Course, shape, no, start=0):
    """Noise CN(0, N0) of a shape [rows, count], complex64.

    ``start`` is the number of its first value in the course.
    """
    noise = course.complex_normal("noise", shape, start)
    return noise * tf.cast(tf.sqrt(no), tf.complex64)


class Awgn:
    """y = x + n, n ~ CN(0, N0).

    Input
    -----
    x : [B, N], complex64, unit mean energy
    snr_db : [], float32, Es/N0 in dB
    course : source of the noise
    start : [], symbols of the course that went by before

    Output
    ------
    : RxSignal with h_hat = 1 and no = N0
    """

    level, flat, superposes = "graph", True, True

    def __call__(self, x, snr_db, course: Course, start=0) -> RxSignal:
        no = db_to_linear(-snr_db)
        y = x + white_noise(course, tf.shape(x), no, start)
        return RxSignal(y, no * tf.ones(tf.shape(x)), tf.ones_like(x))


def build() -> Awgn:
    """Build the channel; it has no parameters."""
    return Awgn()
