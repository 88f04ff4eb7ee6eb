"""Hyper-transforms: what the latent z says of mean and deviation of y.

References
----------
D. Minnen, J. Balle, G. Toderici, "Joint autoregressive and hierarchical priors for
learned image compression", NeurIPS 2018, without the autoregressive part.
"""

import keras
from keras import ops

from blocks.nn.convolution import depth_to_space

STRIDE = 2  # positions of y along a side of one position of z


class HyperAnalysis(keras.layers.Layer):
    """Summarise y in a latent at half its resolution.

    Input
    -----
    y : [B, h, w, M], float, in quantiser steps; h and w are even

    Output
    ------
    z : [B, h / 2, w / 2, C], float, to be rounded
    """

    def __init__(self, width, channels, **kwargs):
        super().__init__(**kwargs)
        self._width, self._channels = width, channels
        relu = {"activation": "relu", "dtype": self.dtype_policy}
        self._mix = keras.layers.Dense(width, **relu)
        self._local = keras.layers.Conv2D(width, 3, padding="same", **relu)
        self._down = keras.layers.Conv2D(
            width, 4, strides=STRIDE, padding="same", **relu
        )
        self._head = keras.layers.Dense(channels, dtype=self.dtype_policy)

    def build(self, shape):
        self._mix.build((None, 2 * shape[-1]))
        self._local.build((None, None, None, self._width))
        self._down.build((None, None, None, self._width))
        self._head.build((None, self._width))

    def call(self, y):
        # activity is in the magnitude, and on a logarithmic scale
        features = ops.concatenate([ops.log1p(ops.abs(y)), ops.arcsinh(y)], axis=-1)
        return self._head(self._down(self._local(self._mix(features))))


class HyperSynthesis(keras.layers.Layer):
    """Mean and log deviation of y, relative to a prior that needs no z.

    Both ends derive the rate map from this, so the link runs it in float64 and
    rounds the deviation to a table: equal bits on any machine, but for one value in
    10^9.

    Input
    -----
    z_hat : [B, h / 2, w / 2, C], float, integers

    Output
    ------
    mu, log_sigma : [B, h, w, M] each, float
    """

    def __init__(self, width, channels, **kwargs):
        super().__init__(**kwargs)
        self._width, self._channels = width, channels
        relu = {"activation": "relu", "dtype": self.dtype_policy}
        self._local = keras.layers.Conv2D(width, 3, padding="same", **relu)
        self._up = keras.layers.Dense(STRIDE**2 * width, **relu)
        self._refine = keras.layers.Conv2D(width, 3, padding="same", **relu)
        self._head = keras.layers.Dense(
            2 * channels, kernel_initializer="zeros", dtype=self.dtype_policy
        )

    def build(self, shape):
        self._local.build((None, None, None, shape[-1]))
        self._up.build((None, self._width))
        self._refine.build((None, None, None, self._width))
        self._head.build((None, self._width))

    def call(self, z_hat):
        x = depth_to_space(self._up(self._local(z_hat)), STRIDE)
        mu, log_sigma = ops.split(self._head(self._refine(x)), 2, axis=-1)
        return mu, log_sigma
