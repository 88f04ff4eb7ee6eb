"""A channel that draws its noise from NumPy's global generator."""

import numpy as np

from semlink.rng import Course
from semlink.signals import RxSignal
from semlink.units import db_to_linear


class Unseeded:
    """y = x + n; no run can be repeated."""

    level = "eager"

    def __call__(self, x, snr_db, course: Course) -> RxSignal:
        no = np.full(x.shape, db_to_linear(-snr_db), np.float32)
        parts = np.random.normal(size=(2, *x.shape)) * np.sqrt(no / 2)
        noise = (parts[0] + 1j * parts[1]).astype(np.complex64)
        return RxSignal(x + noise, no, np.ones_like(x))


def build() -> Unseeded:
    """Build the channel."""
    return Unseeded()
