"""The agent's environment: a codec and a channel, for a batch of pictures, in graph.

A scene holds everything that actions do not change. A step sends the pictures at the
rates of an action and returns squared error and dimensions of each position. The noise
of a scene is the same for every action, so rewards compare actions and not noises.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from blocks.nn import policy
from blocks.nn.codec import (
    Codec,
    Known,
    Statistics,
    deviation,
    log_gain,
    noise_variance,
)
from blocks.nn.jscc import LEVELS, rate_levels
from blocks.nn.transforms import PATCH

WEAKEST_DB = -10.0  # least gain of a fade
LOUDER = 1.25  # power factor, to measure the gain by power
DECIBELS = 10 / np.log(10)


class Conditions(NamedTuple):
    """Conditions of a batch; all float32.

    quality, eta : scalars, as in the link
    snr_db : scalar, average of the channel
    fading_db : [B, h, w], gain of each position's symbols; zeros on AWGN
    weight : [B, h, w], or one for all, weight of the error of each position
    """

    quality: np.ndarray
    eta: np.ndarray
    snr_db: np.ndarray
    fading_db: np.ndarray
    weight: np.ndarray = np.float32(1)


class Outcome(NamedTuple):
    """Outcome of each position : [B, h, w], float32.

    error : squared error of its pixels, which are from 0 to 1, by its weight
    dimensions : real channel dimensions
    """

    error: tf.Tensor
    dimensions: tf.Tensor


class Scene(NamedTuple):
    """An encoded batch of pictures, independent of actions.

    x, base : [B, H, W, 3], pixels and base layer
    y, noise : [B, h, w, M]
    of : statistics of y, from the side information
    snr_db : [B, h, w], SNR map of the agent; ``level``, int32, the preset
    left : prospects of each level
    log_gain : [B, 1, 1, 1]
    quality, design_db : [B]
    context : [B, D], of the source knowledge base
    share : [B, h, w], weight of each position in its picture, one on average, from its
        expected error and its dimensions
    power_db : [B, 1, 1], gain of each picture by an e-fold of power [dB]
    weight : weight of the error of each position
    preset : outcome without an action
    """

    x: tf.Tensor
    base: tf.Tensor
    y: tf.Tensor
    of: Statistics
    noise: tf.Tensor
    snr_db: tf.Tensor
    level: tf.Tensor
    left: policy.Prospects
    log_gain: tf.Tensor
    quality: tf.Tensor
    design_db: tf.Tensor
    context: tf.Tensor
    share: tf.Tensor
    power_db: tf.Tensor
    weight: tf.Tensor
    preset: Outcome


class Environment:
    """A codec over a channel.

    Parameters
    ----------
    codec : networks with their weights
    """

    def __init__(self, codec: Codec):
        self._codec = codec
        self.channels = codec.profile.channels

    def reset(self, image, context, at: Conditions, seed) -> Scene:
        """Encode pictures, and send them at the preset rates, also with more power.

        Input
        -----
        image : [B, H, W, 3], uint8
        context : [B, D], float32
        at : conditions
        seed : [2], int32, seed of the noise
        """
        scene = self.encode(image, context, at, seed)
        preset = self.send(scene, scene.level)
        louder = self.send(scene, scene.level, LOUDER)
        gained = DECIBELS * tf.math.log(_mean(preset.error) / _mean(louder.error))
        return scene._replace(preset=preset, power_db=gained / np.log(LOUDER))

    def encode(self, image, context, at: Conditions, seed) -> Scene:
        """Encode pictures as for :meth:`reset`, without sending them.

        ``preset`` and ``power_db``, which need a transmission, are zero.
        """
        codec, count = self._codec, image.shape[0]
        quality, design_db = (tf.fill([count], v) for v in (at.quality, at.snr_db))
        x = tf.cast(image, tf.float32) / 255
        gain = log_gain(quality)
        y, linear, _, smooth = codec.analyse(x)
        y = y * tf.exp(gain)
        classes, z = codec.summarise(y, linear * tf.exp(gain), gain)
        of = codec.statistics(*codec.deviations(classes, tf.round(z), gain))
        level = rate_levels(of.entropy, tf.fill([count], at.eta), self.channels)
        noise = tf.random.stateless_normal(y.shape, seed)
        snr_db = at.snr_db + tf.maximum(at.fading_db, WEAKEST_DB)
        left = policy.prospects(deviation(of.index))
        expected = policy.expected_errors(level, left, snr_db, self.channels)
        nothing = tf.zeros_like(of.entropy)
        harm = expected[policy.NEUTRAL] * at.weight
        share = _share(harm) + _share(dimensions_of(level))
        return Scene(
            x, smooth, y, of, noise, snr_db, level, left, gain, quality, design_db,
            context, (share + 1) / 3, nothing, at.weight, Outcome(nothing, nothing),
        )  # fmt: skip

    def observe(self, scene: Scene, previous):
        """State of the agent after an action [B, h, w] : [B, h, w, C], float32."""
        return policy.observe(
            scene.of.entropy,
            scene.level,
            scene.left,
            scene.snr_db,
            scene.log_gain,
            previous,
            self.channels,
        )

    def step(self, scene: Scene, action) -> Outcome:
        """Send the pictures at the rates of an action : [B, h, w], int32, 0 to 4."""
        return self.send(scene, policy.corrected(scene.level, action, self.channels))

    def send(self, scene: Scene, level, power: float = 1.0) -> Outcome:
        """Send the pictures at a rate map : [B, h, w], int32."""
        codec, side = self._codec, self._codec.maps(scene.of, level)
        tokens = codec.tokens(scene.context)
        known = Known(scene.quality, scene.design_db, tokens)
        s, scale = codec.encode(scene.y, side, known)
        no = noise_variance(scene.snr_db)[..., None] / power
        snr_db = _equivalent_db(no, side.kept)
        received = (s + tf.sqrt(no) * scene.noise) * side.kept
        y, log_error = codec.decode(received, no, scale, side, known, snr_db)
        x = codec.synthesise(y, log_error, scene.log_gain, scene.base, tokens)
        error = tf.reduce_sum((scene.x - tf.clip_by_value(x, 0, 1)) ** 2, axis=-1)
        patches = (1, PATCH, PATCH, 1)
        error = tf.nn.avg_pool2d(error[..., None], patches, patches, "VALID")[..., 0]
        return Outcome(PATCH**2 * error * scene.weight, dimensions_of(level))


def dimensions_of(level):
    """Real dimensions of rate levels, any shape, as float32."""
    return tf.gather(tf.constant(LEVELS, tf.float32), level)


def _share(values):
    """Values over their mean in each picture : [B, h, w]."""
    return values / tf.maximum(_mean(values), 1e-9)


def _mean(values):
    return tf.reduce_mean(values, axis=(1, 2), keepdims=True)


def _equivalent_db(no, kept):
    """SNR [dB] of an AWGN channel with the mean capacity of the sent symbols : [B]."""
    axes = (1, 2, 3)
    total = tf.reduce_sum(kept * tf.math.log1p(1 / no), axis=axes)
    capacity = total / tf.maximum(tf.reduce_sum(kept, axis=axes), 1)
    return 10 * tf.math.log(tf.maximum(tf.math.expm1(capacity), 1e-3)) / np.log(10)


def block_fading_db(rng: np.random.Generator, shape, block: int) -> np.ndarray:
    """Rayleigh gains of blocks of positions, in raster order : [B, h, w], float32."""
    count, height, width = shape
    gain = rng.exponential(size=(count, -(-height * width // block)))
    each = gain.repeat(block, axis=1)[:, : height * width]
    return (10 * np.log10(np.maximum(each, 1e-6))).reshape(shape).astype(np.float32)
