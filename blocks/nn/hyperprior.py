"""Hyper-transforms: mean and deviation of y from the latent z, beyond its class.

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
    standard : same shape, y over the deviation of its class

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
        self._head = keras.layers.Dense(
            channels, kernel_initializer="zeros", dtype=self.dtype_policy
        )

    def build(self, shape):
        self._mix.build((None, 3 * shape[-1]))
        self._local.build((None, None, None, self._width))
        self._down.build((None, None, None, self._width))
        self._head.build((None, self._width))

    def call(self, y, standard):
        # the activity of y is in its magnitude, on a logarithmic scale
        features = [ops.log1p(ops.abs(standard)), ops.arcsinh(standard), ops.arcsinh(y)]
        features = ops.concatenate(features, axis=-1)
        return self._head(self._down(self._local(self._mix(features))))


class HyperSynthesis(keras.layers.Layer):
    """Mean of y, and log deviation relative to that of its class.

    Both ends derive the rate map from it, so the link runs it in float64 and rounds the
    deviation to a table: equal bits on any machine, except for one value in 10^9.

    Input
    -----
    z_hat : [B, h / 2, w / 2, C], float, integers
    index : [B, h, w], int32, classes
    log_gain : [B, 1, 1, 1], float

    Output
    ------
    mu, log_sigma : [B, h, w, M] each, float
    """

    def __init__(self, width, channels, classes, **kwargs):
        super().__init__(**kwargs)
        self._width, self._channels = width, channels
        relu = {"activation": "relu", "dtype": self.dtype_policy}
        self._token = keras.layers.Embedding(classes, width, dtype=self.dtype_policy)
        self._gain = keras.layers.Dense(width, dtype=self.dtype_policy)
        self._local = keras.layers.Conv2D(width, 3, padding="same", **relu)
        self._up = keras.layers.Dense(STRIDE**2 * width, **relu)
        self._refine = keras.layers.Conv2D(width, 3, padding="same", **relu)
        self._head = keras.layers.Dense(
            2 * channels, kernel_initializer="zeros", dtype=self.dtype_policy
        )

    def build(self, shape):
        self._local.build((None, None, None, shape[-1]))
        self._up.build((None, self._width))
        self._token.build()
        self._gain.build((None, 1))
        self._refine.build((None, None, None, self._width))
        self._head.build((None, self._width))

    def call(self, z_hat, index, log_gain):
        x = depth_to_space(self._up(self._local(z_hat)), STRIDE)
        x = x + self._token(index) + self._gain(log_gain)
        mu, log_sigma = ops.split(self._head(self._refine(x)), 2, axis=-1)
        return mu, log_sigma
