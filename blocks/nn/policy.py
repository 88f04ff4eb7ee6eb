"""The channel knowledge base: an agent that corrects a rate map, position by position.

Its state depends on side information, SNR and its own previous action alone, so both
ends derive the same actions and nothing is signalled. Double precision and rounded
scores make the actions bit-exact.

References
----------
The survey of agentic semantic communications after which AKB-JSCC is named: its state
is entropy map, SNR map and previous action. Deviations: the state also has the preset
and the expected error after each action.
"""

from math import log
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from blocks.nn.jscc import LEVELS, highest_level

OFFSETS = (-2, -1, 0, 1, 2)  # offset of the rate level, by action
NEUTRAL = OFFSETS.index(0)
ROUNDS = 2  # rounds of actions; the last one is taken
FEATURES = 6 + len(OFFSETS)
WIDTHS = (64, 64, 64)
LEVEL_UNIT = 16  # of the rate level in the state; the shipped policy's, so it stays
FINE = 2.0**-12  # scores are rounded to multiples of this
SMALLEST = 1e-3  # smallest error in the state, as a share of the mean error


class Prospects(NamedTuple):
    """Latents sent and not sent at each rate level, from the side information.

    unsent : [B, h, w, L], float, energy of the latents not sent
    sent : [B, h, w, L], float, sum of the deviations of the latents sent
    """

    unsent: object
    sent: object


def prospects(sigma) -> Prospects:
    """Prospects of each rate level, from deviations [B, h, w, M] in steps."""
    channels = sigma.shape[-1]
    sigma = -ops.sort(-sigma, axis=-1)
    count = np.minimum(LEVELS, channels) - 1
    sent = ops.take(ops.cumsum(sigma, axis=-1), np.maximum(count, 0), axis=-1)
    energy = ops.cumsum(sigma**2, axis=-1)
    unsent = energy[..., -1:] - ops.take(energy, np.maximum(count, 0), axis=-1)
    # the first level sends nothing
    sent = ops.concatenate([0 * sent[..., :1], sent[..., 1:]], axis=-1)
    return Prospects(
        ops.concatenate([energy[..., -1:], unsent[..., 1:]], axis=-1), sent
    )


def corrected(level, action, channels: int):
    """A rate map after an action : [B, h, w], int32, offsets 0 to 4 -> the same."""
    return ops.clip(level + action - NEUTRAL, 0, highest_level(channels))


def observe(entropy, level, of: Prospects, snr_db, log_gain, previous, channels):
    """State of the agent.

    Input
    -----
    entropy : [B, h, w], float, bits: the entropy map
    level : [B, h, w], int32, the preset
    of : prospects of each level
    snr_db : [B, h, w], float, the SNR map known to both ends
    log_gain : [B, 1, 1, 1], float, log gain of the quantiser
    previous : [B, h, w], int32, previous action, 0 to 4
    channels : M

    Output
    ------
    : [B, h, w, 11], float, each about unit range
    """
    errors = expected_errors(level, of, snr_db, channels)
    mean = ops.mean(errors[NEUTRAL], axis=(1, 2), keepdims=True)
    everywhere = ops.ones_like(entropy)
    bits = ops.mean(entropy, axis=(1, 2), keepdims=True)
    maps = [
        ops.log1p(entropy) / 8,
        ops.cast(level, entropy.dtype) / LEVEL_UNIT,
        snr_db / 10 - 1,
        (ops.cast(previous, entropy.dtype) - NEUTRAL) / 2,
        everywhere * ops.log1p(bits) / 8,
        everywhere * (ops.log(mean) - 2 * log_gain[..., 0]) / 5,
    ]
    maps += [ops.log(ops.maximum(e / mean, SMALLEST)) / 3 for e in errors]
    return ops.stack(maps, axis=-1)


def expected_errors(level, of: Prospects, snr_db, channels) -> list:
    """Squared error of each position under each action, in squares of a step."""
    no = ops.exp(-snr_db * (log(10) / 10))
    sent = _at(of.sent, level)
    dimensions = ops.cast(ops.take(np.array(LEVELS), level), sent.dtype)
    # with power t sigma - no of mean one, LMMSE leaves the error sigma no / t
    t = ops.sum(dimensions * (1 + no), axis=(1, 2), keepdims=True)
    t = t / ops.maximum(ops.sum(sent, axis=(1, 2), keepdims=True), 1e-9)
    levels = [corrected(level, action, channels) for action in range(len(OFFSETS))]
    return [_at(of.unsent, n) + _at(of.sent, n) * no / (t + 1e-9) for n in levels]


def _at(values, level):
    """Entries of the last axis : [B, h, w, L], [B, h, w] -> [B, h, w]."""
    return ops.take_along_axis(values, level[..., None], axis=-1)[..., 0]


class Policy(keras.layers.Layer):
    """Scores of each action at each position, from the state there.

    Input
    -----
    state : [B, h, w, 11], float

    Output
    ------
    : [B, h, w, 5], float, logits
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        double = {"dtype": "float64"}
        self._features = [
            keras.layers.Dense(width, activation="relu", **double) for width in WIDTHS
        ]
        self._scores = keras.layers.Dense(len(OFFSETS), **double)

    def build(self, shape=None):
        width = FEATURES
        for layer in self._features:
            layer.build((None, width))
            width = layer.units
        self._scores.build((None, width))

    def call(self, state):
        for layer in self._features:
            state = layer(state)
        return self._scores(state)

    def actions(self, see, level):
        """The likeliest action of each position after ``ROUNDS`` : [B, h, w], int32.

        ``see`` : previous action -> state; ``level`` : [B, h, w], int32
        """
        action = ops.full_like(level, NEUTRAL)
        for _ in range(ROUNDS):
            scores = ops.round(self(see(action)) / FINE)
            action = ops.cast(ops.argmax(scores, axis=-1), "int32")
        return action
