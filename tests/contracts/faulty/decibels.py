"""A channel that takes decibels for a power ratio."""

import tensorflow as tf

from semlink.rng import Course
from semlink.signals import RxSignal


class Decibels:
    """y = x + n of variance 1 / snr_db, at least of -20 dB."""

    def __call__(self, x, snr_db, course: Course) -> RxSignal:
        no, shape = 1 / tf.maximum(snr_db, 0.01), tf.shape(x)
        noise = tf.cast(tf.sqrt(no), x.dtype) * course.complex_normal("noise", shape)
        return RxSignal(x + noise, no * tf.ones(shape), tf.ones_like(x))


def build() -> Decibels:
    """Build the channel."""
    return Decibels()
