"""A network over a set of users: their order does not matter, nor does their number.

A layer that all users share sees the features of one of them. Its mean over the users
that ask is what each knows of the others, as in the deep sets of Zaheer et al. (2017).
"""

import keras
from keras import ops

WIDTHS = (32, 32)  # of the layer before the mean, and of the one after it
FINE = 2.0**-12  # outputs are rounded to multiples of this


class Equivariant(keras.layers.Layer):
    """Outputs for each user, or for the cell.

    In double precision and rounded, so that outputs do not depend on what is computed
    beside them.

    Input
    -----
    features : [B, K, F], float

    Output
    ------
    : [B, K, outputs], float, or [B, outputs] for the cell

    Parameters
    ----------
    features : F
    outputs : numbers for each user, or for the cell
    each : for each user
    asks : number of the feature that is 1 for users that ask, and 0 otherwise
    """

    def __init__(self, features: int, outputs: int, each: bool, asks: int, **kwargs):
        super().__init__(**kwargs, dtype="float64")
        self._count, self._each, self._asks = features, each, asks
        dense = keras.layers.Dense
        self._own = dense(WIDTHS[0], activation="tanh", dtype="float64")
        self._both = dense(WIDTHS[1], activation="tanh", dtype="float64")
        self._last = dense(outputs, dtype="float64")

    def build(self, shape=None):
        self._own.build((None, self._count))
        self._both.build((None, 2 * WIDTHS[0] if self._each else WIDTHS[0]))
        self._last.build((None, WIDTHS[1]))

    def call(self, features):
        own = self._own(features)
        asks = features[..., self._asks : self._asks + 1]
        count = ops.maximum(ops.sum(asks, axis=-2, keepdims=True), 1)
        mean = ops.sum(own * asks, axis=-2, keepdims=True) / count
        if self._each:
            seen = ops.concatenate([own, mean + ops.zeros_like(own)], axis=-1)
        else:
            seen = mean[..., 0, :]
        return FINE * ops.round(self._last(self._both(seen)) / FINE)
