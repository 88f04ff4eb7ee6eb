"""Rayleigh fading that varies from symbol to symbol, with the spectrum of Jakes."""

from typing import Annotated

import numpy as np
import tensorflow as tf
from pydantic import Field
from sionna.phy import SPEED_OF_LIGHT

from channels.flat import FlatFading

SINUSOIDS = 64  # enough for a nearly Gaussian sum


def build(
    speed_mps: Annotated[float, Field(ge=0, le=1000)] = 30.0,
    carrier_frequency_hz: Annotated[float, Field(gt=0, le=1e12)] = 3.5e9,
    symbol_rate_hz: Annotated[float, Field(gt=0, le=1e11)] = 1e6,
    doppler_hz: Annotated[float, Field(ge=0, le=1e9)] | None = None,
) -> FlatFading:
    """Build the channel: autocorrelation J0(2 pi f_D t).

    Parameters
    ----------
    speed_mps, carrier_frequency_hz : speed [m/s] and carrier [Hz], which give the
        largest Doppler shift
    symbol_rate_hz : symbols per second
    doppler_hz : largest Doppler shift [Hz], instead of speed and carrier

    References
    ----------
    C. Xiao, Y. R. Zheng, N. C. Beaulieu, "Novel sum-of-sinusoids simulation models for
    Rayleigh and Rician fading channels", IEEE Trans. Wireless Commun., 2006, eq. (6).
    """
    if doppler_hz is None:
        doppler_hz = speed_mps * carrier_frequency_hz / SPEED_OF_LIGHT
    turn = 2 * np.pi * doppler_hz / symbol_rate_hz
    fan = tf.range(SINUSOIDS, dtype=tf.float32)

    def gains(course, batch, num_symbols, start):
        angle = course.uniform("angles", (batch, SINUSOIDS))
        angle = 2 * np.pi * (fan + angle) / SINUSOIDS
        phase = 2 * np.pi * course.uniform("phases", (batch, SINUSOIDS))
        time = tf.cast(start + tf.range(num_symbols), tf.float32)
        argument = turn * tf.cos(angle)[:, None] * time[:, None] + phase[:, None]
        h = tf.reduce_sum(tf.exp(tf.complex(0.0, argument)), axis=-1)
        return h / SINUSOIDS**0.5

    return FlatFading(gains)
