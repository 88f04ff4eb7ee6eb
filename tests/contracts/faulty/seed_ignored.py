"""A channel that has the same noise in every transmission."""

import numpy as np

from semlink.rng import Course
from semlink.signals import RxSignal
from semlink.units import db_to_linear


class SeedIgnored:
    """y = x + n, n of one generator that never changes."""

    level = "eager"

    def __call__(self, x, snr_db, course: Course) -> RxSignal:
        no = np.full(x.shape, db_to_linear(-snr_db), np.float32)
        always = Course(0)
        noise = np.sqrt(no) * always.complex_normal("noise", x.shape)
        return RxSignal(x + noise, no, np.ones_like(x))


def build() -> SeedIgnored:
    """Build the channel."""
    return SeedIgnored()
