"""Log-normal shadowing over a flat channel, such as a receiver behind buildings."""

from pathlib import Path
from typing import Annotated

import numpy as np
import tensorflow as tf
from pydantic import Field
from scipy.signal import lfilter

from channels.flat import held
from channels.inner import files_beneath, flat
from semlink.protocols import Channel
from semlink.rng import Course
from semlink.signals import RxSignal

HELD = 168  # symbols for which a shadow is constant, a small fraction of a metre
DECIBEL = np.log(10) / 10


class Shadowed:
    """y = g h x + n: a slow gain g > 0, log-normal, over a flat channel of gain h.

    In decibels, g^2 is Gaussian with an autocorrelation exponential in distance, scaled
    to ``E g^2 = 1``.

    Parameters
    ----------
    beneath : the flat channel
    sigma_db : standard deviation of g^2 [dB]
    correlation : correlation of consecutive values of g^2 in dB

    References
    ----------
    M. Gudmundson, "Correlation model for shadow fading in mobile radio systems",
    Electronics Letters, 1991.
    """

    level, flat = "graph", True

    def __init__(self, beneath: Channel, sigma_db: float, correlation: float):
        self._beneath = beneath
        self.superposes = getattr(beneath, "superposes", False)
        self._sigma = DECIBEL * sigma_db
        self._correlation = np.float32(correlation)
        self._news = np.float32((1 - correlation**2) ** 0.5)

    def __call__(self, x, snr_db, course: Course, start=0) -> RxSignal:
        g = self._shadow(course, *tf.unstack(tf.shape(x)), start)
        x_hat, no, h = self._beneath(x, snr_db, course.beneath(), start)
        # the inner x_hat is x plus noise; a gain g divides the noise by g
        x_hat = x + (x_hat - x) / tf.cast(g, x.dtype)
        return RxSignal(x_hat, no / g**2, h * tf.cast(g, h.dtype))

    def _shadow(self, course, batch, num_symbols, start):
        """Gains : [B, N], float32."""

        def gains(steps, first):
            shape = (batch, steps)
            normal = course.chain("shadow", self._walk, shape, first + 1)
            normal = tf.convert_to_tensor(normal)
            # divide by E exp(s n) = exp(s^2 / 2) for a mean power of one
            return tf.exp((self._sigma * normal - self._sigma**2 / 2) / 2)

        return held(gains, HELD, num_symbols, start)

    def _walk(self, before, new):
        """Shadows N(0, 1) [B, n], a first-order autoregressive process."""
        if before is None:
            return np.concatenate([new[:, :1], self._walk(new[:, :1], new[:, 1:])], 1)
        recursion = np.float32([self._news]), np.float32([1, -self._correlation])
        return lfilter(*recursion, new, axis=1, zi=self._correlation * before)[0]


def build(
    over: str = "awgn",
    sigma_db: Annotated[float, Field(ge=0, le=20)] = 8.0,
    distance_m: Annotated[float, Field(gt=0)] = 50.0,
    speed_mps: Annotated[float, Field(ge=0, le=1000)] = 10.0,
    symbol_rate_hz: Annotated[float, Field(gt=0, le=1e11)] = 1e6,
) -> Shadowed:
    """Build the channel.

    Parameters
    ----------
    over : flat inner channel
    sigma_db : standard deviation of the shadow [dB]
    distance_m : distance at which its correlation is 1/e [m]
    speed_mps : speed of the receiver [m/s]
    symbol_rate_hz : symbols per second
    """
    step = speed_mps * HELD / symbol_rate_hz
    return Shadowed(flat(over, "shadowed"), sigma_db, float(np.exp(-step / distance_m)))


def files(over: str, **_) -> list[Path]:
    """Files that the results depend on: those of the inner channel."""
    return files_beneath(over)
