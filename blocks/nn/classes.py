"""Classes of positions: each position has one of a few patterns of deviations.

A class is a compact description of a position: a few bits signal which of its latents
are worth sending. The choice minimises the squared error of the latents not sent plus
the cost of the dimensions sent; classes are coded given their neighbours. The
hyper-latent refines them.

References
----------
R. Dony, S. Haykin, "Optimally adaptive transform coding", IEEE Trans. Image
Processing 4(10), 1995, for classes that minimise a coding cost.
"""

import keras
import numpy as np
from keras import ops

THRESHOLD = 0.5  # deviation that is just worth a dimension, in quantiser steps
BIT_DIMENSIONS = 1.0  # real dimensions per bit of side information
ROUNDS = 10  # fitting rounds after every doubling
SMALLEST_VARIANCE = 1e-7


class Classes(keras.layers.Layer):
    """Patterns of deviations, and the probability of each given its neighbours.

    Parameters
    ----------
    count : S, number of classes
    channels : M, latents of a position
    """

    def __init__(self, count, channels, **kwargs):
        super().__init__(**kwargs)
        self.count, self._channels = count, channels

    def build(self, shape=None):
        zeros, count = {"initializer": "zeros"}, self.count
        self.log_deviation = self.add_weight(
            name="log_deviation", shape=(count, self._channels), **zeros
        )
        self.log_share = self.add_weight(name="log_share", shape=(count,), **zeros)
        # the last row is for a neighbour outside the image
        self._left = self.add_weight(name="left", shape=(count + 1, count), **zeros)
        self._above = self.add_weight(name="above", shape=(count + 1, count), **zeros)

    def choose(self, y, log_gain):
        """The best class of each position.

        Input
        -----
        y : [B, h, w, M], float, latents in quantiser steps
        log_gain : [B, 1, 1, 1], float

        Output
        ------
        : [B, h, w], int32
        """
        deviation = self.log_deviation + log_gain[:, 0]
        unsent = ops.cast(deviation <= np.log(THRESHOLD), y.dtype)  # [B, S, M]
        shape = ops.shape(y)
        energy = ops.reshape(y * y, (shape[0], -1, shape[3]))
        cost = ops.matmul(energy, ops.transpose(unsent, (0, 2, 1)))
        cost = cost + THRESHOLD**2 * ops.sum(1 - unsent, axis=-1)[:, None]
        cost = ops.reshape(cost, (*shape[:3], self.count))
        alone = ops.cast(ops.argmin(cost, axis=-1), "int32")
        # second pass, with the probability given the neighbours of the first
        price = -(THRESHOLD**2) * BIT_DIMENSIONS / np.log(2)
        cost = cost + price * self._log_probabilities(alone)
        return ops.cast(ops.argmin(cost, axis=-1), "int32")

    def bits(self, index):
        """Information of the classes of an image : [B, h, w] -> [B, h, w]."""
        chosen = ops.one_hot(index, self.count, dtype="float32")
        return -ops.sum(chosen * self._log_probabilities(index), axis=-1) / np.log(2)

    def probabilities(self) -> np.ndarray:
        """Probabilities of classes given the left and upper one : [(S + 1)^2, S]."""
        left, above, share = (
            ops.convert_to_numpy(v).astype(np.float64)
            for v in (self._left, self._above, self.log_share)
        )
        logits = (left[:, None] + above[None] + share).reshape(-1, self.count)
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)

    def _log_probabilities(self, index):
        """Log probability of each class and position : [B, h, w] -> [B, h, w, S]."""
        outside = {"mode": "constant", "constant_values": self.count}
        left = ops.pad(index[:, :, :-1], ((0, 0), (0, 0), (1, 0)), **outside)
        above = ops.pad(index[:, :-1], ((0, 0), (1, 0), (0, 0)), **outside)
        logits = ops.take(self._left, left, axis=0) + ops.take(
            self._above, above, axis=0
        )
        return ops.log_softmax(logits + self.log_share, axis=-1)


def context_rows(classes: np.ndarray, count: int) -> np.ndarray:
    """Row of :meth:`Classes.probabilities` for each position : [h, w] -> [h, w]."""
    framed = np.pad(classes, ((1, 0), (1, 0)), constant_values=count)
    return framed[1:, :-1] * (count + 1) + framed[:-1, 1:]


def fit_classes(
    y: np.ndarray, count: int, step: float
) -> tuple[np.ndarray, np.ndarray]:
    """Fit classes to latents: assign, then update moments; double from one class.

    Input
    -----
    y : [N, M], float, latents
    step : quantiser step

    Output
    ------
    deviation : [S, M]
    share : [S], share of the latents in each class
    """
    rng = np.random.default_rng(count)
    energy, price = np.asarray(y, np.float32) ** 2, (THRESHOLD * step) ** 2
    deviation, share = np.sqrt(energy.mean(axis=0))[None], np.ones(1)
    while len(deviation) < count:
        apart = np.exp(0.3 * rng.normal(size=deviation.shape))
        deviation = np.concatenate([deviation * apart, deviation / apart])[:count]
        share = np.resize(share, len(deviation)) / 2
        for _ in range(ROUNDS):
            deviation, share = _moments(energy, deviation, share, price)
    return deviation, share


def _moments(energy, deviation, share, price) -> tuple[np.ndarray, np.ndarray]:
    """Assign all latents to their cheapest class; return moments of the members."""
    sent = deviation > np.sqrt(price)
    bits = -np.log2(share / share.sum())
    cost = energy @ (~sent).T.astype(np.float32)
    chosen = (cost + price * (sent.sum(axis=1) + BIT_DIMENSIONS * bits)).argmin(axis=1)
    members = np.bincount(chosen, minlength=len(share))
    is_member = (chosen == np.arange(len(share))[:, None]).astype(np.float32)
    variance = is_member @ energy / np.maximum(members, 1)[:, None]
    # a class without members keeps its deviations
    variance = np.where(members[:, None] > 0, variance, deviation**2)
    return np.sqrt(variance + SMALLEST_VARIANCE), (members + 1) / (len(energy) + 1)
