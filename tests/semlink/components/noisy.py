"""Additive noise without TensorFlow."""

import time

import numpy as np

from semlink.signals import RxSignal
from semlink.units import db_to_linear


class Noisy:
    """y = x + n; a pause gives a killer something to hit."""

    level = "eager"

    def __init__(self, pause_s: float):
        self._pause_s = pause_s

    def __call__(self, x, snr_db, course):
        time.sleep(self._pause_s)
        no = np.broadcast_to(np.float32(db_to_linear(-snr_db)), x.shape)
        y = x + np.sqrt(no) * course.complex_normal("noise", x.shape)
        return RxSignal(y, no, np.ones_like(x))


def build(pause_s: float = 0.0) -> Noisy:
    """Build the channel."""
    return Noisy(pause_s)
