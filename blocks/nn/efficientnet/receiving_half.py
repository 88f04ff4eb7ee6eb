"""The receiver's half of EfficientNet-Lite0, trained on received features.

Everything that is trained is scaled by the expected error of the features: without
error, this is the published network to the bit.
"""

from functools import lru_cache
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

from blocks.nn.efficientnet.lite import cut, trained
from blocks.nn.weights import read_weights

FILE = Path(__file__).parents[1] / "receiving_half" / "model.weights.h5"
CUT = "block5c_add"  # the last layer at the transmitter
SHAPE = (14, 14, 112)  # of its output
HIDDEN, BLOCKS, KERNEL = 224, 3, 5
TRAINED = ("gamma", "beta", "bias")  # of the published half


class Restorer(keras.Model):
    """Corrections of received features, and of the half behind them.

    Three inverted bottlenecks, each conditioned on the expected error, correct the
    features; the scales and offsets of the half's normalisations, and the bias of its
    logits, are corrected as well.
    """

    def __init__(self):
        super().__init__()
        channels = SHAPE[-1]
        self.spread = self.add_weight(
            shape=(channels,), initializer="ones", trainable=False, name="spread"
        )
        self.blocks = [Bottleneck(channels) for _ in range(BLOCKS)]
        self.corrections = [
            self.add_weight(
                shape=v.shape, initializer="zeros", name=v.path.replace("/", "_")
            )
            for v in second_half().non_trainable_variables
            if v.name in TRAINED
        ]

    def call(self, features, share):
        """Correct features [B, 14, 14, 112] of an expected error.

        Input
        -----
        share : scalar, expected squared error as a share of the variance
        """
        known = conditions(share)
        x = features / self.spread
        for block in self.blocks:
            x = x + block(x, known)
        return features + ops.sqrt(share) * (x * self.spread - features)

    def corrected(self, share) -> list:
        """Variables of the half, as corrected for an expected error."""
        left = iter(self.corrections)
        values = []
        for variable in second_half().non_trainable_variables:
            value = ops.convert_to_tensor(variable)
            if variable.name in TRAINED:
                value = value + ops.sqrt(share) * next(left)
            values.append(value)
        return values


class Bottleneck(layers.Layer):
    """Expansion, depthwise convolution, gates by condition, projection."""

    def __init__(self, channels: int):
        super().__init__()
        self.expand = layers.Conv2D(HIDDEN, 1, activation="gelu")
        self.across = layers.DepthwiseConv2D(KERNEL, padding="same")
        self.gate = layers.Dense(2 * HIDDEN, kernel_initializer="zeros")
        self.project = layers.Conv2D(channels, 1, kernel_initializer="zeros")

    def call(self, x, known):
        scale, offset = ops.split(self.gate(known), 2, axis=-1)
        x = self.across(self.expand(x))
        return self.project(ops.gelu(x * (1 + scale) + offset))


def conditions(share):
    """Conditions of an expected error : [1, 4]."""
    error = ops.sqrt(share)
    kept = ops.sqrt(ops.maximum(1 - share, 0.0))
    return ops.stack([error, kept, share, ops.log(share + 1e-3) / 7])[None]


def logits(restorer: Restorer, features, share):
    """Logits [B, 1000] of received features [B, 14, 14, 112]."""
    half, features = second_half(), restorer(features, share)
    values = restorer.corrected(share)
    return half.stateless_call([], values, features, training=False)[0]


@lru_cache(maxsize=1)
def second_half() -> keras.Model:
    """The published network behind the cut."""
    return cut(trained(), CUT)[1]


def untrained(spread: np.ndarray | None = None) -> Restorer:
    """A restorer that corrects nothing, for features of a spread : [112]."""
    restorer = Restorer()
    restorer(np.zeros((1, *SHAPE), np.float32), np.float32(0))
    if spread is not None:
        restorer.spread.assign(spread)
    return restorer


@lru_cache(maxsize=1)
def shipped() -> Restorer:
    """The trained restorer."""
    restorer = untrained()
    read_weights(FILE, restorer)
    return restorer
