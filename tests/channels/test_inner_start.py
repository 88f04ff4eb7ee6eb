"""A channel that knows no start can lie beneath one that does."""

import numpy as np

from channels import erasure
from semlink.compiled_channel import compiled_channel
from semlink.rng import Course

PLUGIN = '''
import tensorflow as tf
from semlink.signals import RxSignal

class Walk:
    """The phase is a random walk, which only its beginning knows."""

    def __call__(self, x, snr_db, course):
        phase = tf.cumsum(0.01 * course.normal("phase", tf.shape(x)), axis=1)
        turned = x * tf.exp(tf.complex(tf.zeros_like(phase), phase))
        return RxSignal(turned, tf.ones_like(phase), tf.ones_like(x))

def build():
    return Walk()
'''


def test_it_is_evaluated_from_the_beginning(tmp_path):
    path = tmp_path / "walk.py"
    path.write_text(PLUGIN)
    channel = compiled_channel(erasure.build(str(path), 0.3))
    x, snr_db = np.ones((2, 3000), np.complex64), np.float32(10)
    whole = channel(x, snr_db, Course(1))
    later = channel(x[:, 1234:], snr_db, Course(1), 1234)
    for a, b in zip(whole, later, strict=True):
        np.testing.assert_allclose(np.asarray(a)[:, 1234:], b, rtol=1e-4, atol=1e-2)
