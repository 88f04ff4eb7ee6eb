"""A channel with a gain of 2 that the receiver does not correct."""

import tensorflow as tf

from semlink.rng import Course
from semlink.signals import RxSignal
from semlink.units import db_to_linear


class Gain:
    """y = 2 x + n, and nobody divides by 2."""

    def __call__(self, x, snr_db, course: Course) -> RxSignal:
        no, shape = db_to_linear(-snr_db), tf.shape(x)
        noise = tf.cast(tf.sqrt(no), x.dtype) * course.complex_normal("noise", shape)
        return RxSignal(2 * x + noise, no * tf.ones(shape), tf.ones_like(x))


def build() -> Gain:
    """Build the channel."""
    return Gain()
