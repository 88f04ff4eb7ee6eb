"""A channel that is NaN above 35 dB."""

import numpy as np

from semlink.rng import Course
from semlink.signals import RxSignal
from semlink.units import db_to_linear

LEAST = np.float32(10**-3.5)  # noise that an amplifier is said to have


class NotANumber:
    """y = x + n; the square root of a negative number if n is less than LEAST."""

    level = "eager"

    def __call__(self, x, snr_db, course: Course) -> RxSignal:
        no = np.full(x.shape, db_to_linear(-snr_db), np.float32)
        with np.errstate(invalid="ignore"):
            deviation = np.sqrt(no - LEAST) * np.sqrt(no / (no - LEAST))
        noise = deviation * course.complex_normal("noise", x.shape)
        return RxSignal(x + noise, no, np.ones_like(x))


def build() -> NotANumber:
    """Build the channel."""
    return NotANumber()
