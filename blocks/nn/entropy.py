"""Entropy models: a Gaussian with side information, and a factorised prior.

References
----------
J. Balle et al., "Variational image compression with a scale hyperprior", ICLR 2018.
Deviation: each channel of the factorised prior is a mixture of three logistics
instead of a small network; it has a closed form.
"""

from math import erf

import keras
import numpy as np
from keras import ops

# Table of standard deviations, in quantiser steps. Both ends derive the rate map from
# deviations, so they are rounded to this table before anything depends on them.
SCALES = np.geomspace(0.11, 256, 64)
SMALLEST_PROBABILITY = 1e-9
SURE = 4.0  # initial log weight of the component at zero over the others


def gaussian_bits(y, mu, sigma):
    """Information of values rounded to integers under a Gaussian.

    Input
    -----
    y, mu, sigma : any one shape, float; in quantiser steps

    Output
    ------
    bits : same shape, ``-log2 P[y - 1/2 < N(mu, sigma^2) < y + 1/2]``
    """
    distance = ops.abs(y - mu)  # symmetric tails: use the numerically precise side
    p = _phi((0.5 - distance) / sigma) - _phi((-0.5 - distance) / sigma)
    return -ops.log2(ops.maximum(p, SMALLEST_PROBABILITY))


def _phi(x):
    return 0.5 * ops.erfc(-x * np.sqrt(0.5))


def scale_index(log_sigma):
    """Nearest entry of :data:`SCALES` : float, any shape -> int32, same shape."""
    low, high = np.log(SCALES[0]), np.log(SCALES[-1])
    index = ops.round((log_sigma - low) * ((len(SCALES) - 1) / (high - low)))
    return ops.cast(ops.clip(index, 0, len(SCALES) - 1), "int32")


def entropies() -> np.ndarray:
    """Entropy of a rounded N(0, sigma^2) at each of :data:`SCALES` : [64], bits."""
    return np.array([_entropy(sigma) for sigma in SCALES])


def _entropy(sigma: float) -> float:
    reach = int(8 * sigma) + 2
    edges = (np.arange(-reach, reach + 2) - 0.5) / sigma
    p = np.diff([erf(edge / np.sqrt(2)) / 2 for edge in edges])
    p = p[p > 0]
    return float(-p @ np.log2(p))


class FactorisedPrior(keras.layers.Layer):
    """One density per channel: a mixture of logistics, learned.

    Input
    -----
    z : [..., channels], float; integers, or integers plus uniform noise

    Output
    ------
    bits : same shape, ``-log2 P[z - 1/2 < Z < z + 1/2]``
    """

    def __init__(self, channels, *, mixtures=3, **kwargs):
        super().__init__(**kwargs)
        self._shape = (mixtures, channels)

    def build(self, shape):
        # at first all latents are zero, at almost no cost in bits
        spread = np.linspace(-1, 1, self._shape[0])
        self._weight = self._parameter("weight", SURE * (spread == 0))
        self._centre = self._parameter("centre", spread)
        self._log_scale = self._parameter("log_scale", -2.5 + 0 * spread)

    def _parameter(self, name: str, values: np.ndarray):
        """A variable with an initial value per component, the same for all channels."""

        def initializer(shape, dtype):
            return ops.cast(np.broadcast_to(values[:, None], shape), dtype)

        return self.add_weight(name=name, shape=self._shape, initializer=initializer)

    def call(self, z):
        distance = ops.abs(z[..., None, :] - self._centre)  # the precise side
        narrow = ops.exp(-self._log_scale)
        upper = ops.sigmoid((0.5 - distance) * narrow)
        lower = ops.sigmoid((-0.5 - distance) * narrow)
        weight = ops.softmax(self._weight, axis=0)
        p = ops.sum(weight * (upper - lower), axis=-2)
        return -ops.log2(ops.maximum(p, SMALLEST_PROBABILITY))

    def mean(self):
        """Mean of each channel, which conceals a lost latent : [channels]."""
        return ops.sum(ops.softmax(self._weight, axis=0) * self._centre, axis=0)
