"""Rician block fading: a line-of-sight path and Rayleigh fading."""

from typing import Annotated

import numpy as np
import tensorflow as tf
from pydantic import Field

from channels.flat import FlatFading, held
from semlink.units import db_to_linear


def build(
    k_factor_db: Annotated[float, Field(ge=-40, le=40)] = 6.0,
    coherence_length: Annotated[int, Field(gt=0)] = 168,
) -> FlatFading:
    """Build the channel.

    Parameters
    ----------
    k_factor_db : power of the line-of-sight path over that of all others [dB]; its
        phase is uniform, and constant over the course
    coherence_length : symbols for which the other paths are constant

    References
    ----------
    J. G. Proakis, M. Salehi, Digital Communications, 5th ed., 2008, section 13.1-2.
    """
    k = db_to_linear(k_factor_db)

    def gains(course, batch, num_symbols, start):
        phase = 2 * np.pi * course.uniform("phase in sight", (batch, 1))
        in_sight = tf.exp(tf.complex(0.0, phase))

        def fades(blocks, first):
            scattered = course.complex_normal("fading", (batch, blocks), first)
            return (k / (k + 1)) ** 0.5 * in_sight + (1 / (k + 1)) ** 0.5 * scattered

        return held(fades, coherence_length, num_symbols, start)

    return FlatFading(gains)
