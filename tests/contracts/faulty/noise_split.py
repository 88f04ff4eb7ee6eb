"""A channel with noise of variance N0 in each real dimension, not N0 / 2."""

import tensorflow as tf

from semlink.rng import Course
from semlink.signals import RxSignal
from semlink.units import db_to_linear


class NoiseSplit:
    """y = x + n, n = sqrt(N0) (a + j b) with a and b of unit variance."""

    def __call__(self, x, snr_db, course: Course) -> RxSignal:
        no, shape = db_to_linear(-snr_db), tf.shape(x)
        parts = (course.normal(name, shape) for name in ("real", "imaginary"))
        noise = tf.cast(tf.sqrt(no), x.dtype) * tf.complex(*parts)
        return RxSignal(x + noise, no * tf.ones(shape), tf.ones_like(x))


def build() -> NoiseSplit:
    """Build the channel."""
    return NoiseSplit()
