"""Additive noise from the one generator that the tests seed."""

import time

import numpy as np

from semlink.signals import RxSignal
from semlink.units import db_to_linear


class Noisy:
    """y = x + n; a pause gives a killer something to hit."""

    level = "eager"

    def __init__(self, pause_s: float):
        self._pause_s = pause_s

    def __call__(self, x, snr_db):
        time.sleep(self._pause_s)
        no = np.broadcast_to(np.float32(db_to_linear(-snr_db)), x.shape)
        noise = np.random.standard_normal((2, *x.shape)) * np.sqrt(no / 2)
        y = (x + noise[0] + 1j * noise[1]).astype(np.complex64)
        return RxSignal(y, no, np.ones_like(x))


def build(pause_s: float = 0.0) -> Noisy:
    """Build the channel."""
    return Noisy(pause_s)
