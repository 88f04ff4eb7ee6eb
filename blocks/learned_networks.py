"""The networks of a learned codec inside the link: one image at a time, compiled.

Each stage is a graph per padded shape. What both ends must agree on to the bit, the
rate map, comes from one function, in float64 up to where deviations are rounded.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from blocks.nn.base_layer import (
    CHANNELS,
    base_picture,
    base_values,
    predicted,
    restored,
)
from blocks.nn.codec import MULTIPLE, Codec, Side, state
from blocks.nn.entropy import SCALES, FactorisedPrior, gaussian_bits, scale_index
from blocks.nn.hyperprior import HyperSynthesis
from blocks.nn.jscc import entropy_map, kept_latents, rate_levels
from blocks.side_information import EntropyCoder, fixed_point
from semlink.graph import compiled

LARGEST = 31  # of a rounded latent; beyond it there is the escape
SHAPES = 32  # that graphs are kept for
_SIGMA = SCALES.astype(np.float32)


class Conditions(NamedTuple):
    """What both ends know beside the side information; scalars.

    quality : 0 to 1
    eta : real channel dimensions per bit of entropy
    design_snr_db : what the transmitter takes the SNR for
    """

    quality: float
    eta: float
    design_snr_db: float


class Latents(NamedTuple):
    """What the analysis makes of an image.

    y : [1, h, w, M], float32, latents
    differences : [h / 2, w / 2, 3], int32, base layer, as it is sent
    """

    y: np.ndarray
    differences: np.ndarray


class Statistics(NamedTuple):
    """What the side information says of the latents.

    mu : [1, h, w, M], float32, means in quantiser steps
    index : [1, h, w, M], int32, deviations, entries of the table
    entropy : [1, h, w], float32, bits: the entropy map
    """

    mu: np.ndarray
    index: np.ndarray
    entropy: np.ndarray


class Networks:
    """A codec for the link.

    Parameters
    ----------
    codec : networks with their weights
    """

    def __init__(self, codec: Codec):
        self._codec = codec
        profile = codec.profile
        self._precise = HyperSynthesis(
            profile.hyper_width, profile.channels, dtype="float64"
        )
        self._precise.build((None, None, None, profile.hyper_channels))
        self._precise.set_weights(codec.hyper_synthesis.get_weights())
        self._gains = codec.gain_vectors.numpy().astype(np.float64)
        tables = [_tables(prior) for prior in (codec.prior, codec.base_prior)]
        self.coder = EntropyCoder(np.concatenate(tables), first=-LARGEST, escape=True)
        means = [prior.mean().numpy() for prior in (codec.prior, codec.base_prior)]
        self.prior_mean = np.round(np.concatenate(means)).astype(np.int32)
        self._stage = lru_cache(maxsize=8 * SHAPES)(self._make_stage)

    def analyse(self, image: np.ndarray) -> Latents:
        """Pixels [H, W, 3], uint8, to latents."""
        y, differences = self._run("analyse", _padded(image)[None])
        return Latents(y, differences[0])

    def summarise(self, latents: Latents, quality: float) -> np.ndarray:
        """Side information at a quality : [h / 2, w / 2, C + 3], int32.

        The hyper-latent, then the base layer.
        """
        z = self._run("summarise", latents.y, self._log_gain(quality))[0]
        return np.concatenate([z, latents.differences], axis=-1)

    def statistics(self, side: np.ndarray, quality: float) -> Statistics:
        """What the side information says of the latents."""
        z = side[None, ..., :-CHANNELS].astype(np.float64)
        return Statistics(*self._run("statistics", z, self._log_gain(quality)))

    def information(self, y: Latents, of: Statistics, quality: float) -> np.ndarray:
        """Bits of the latents themselves, which no receiver knows : [1, h, w]."""
        return self._run("information", y.y, self._log_gain(quality), of.mu, of.index)

    def levels(self, bits: np.ndarray, eta: float) -> np.ndarray:
        """The rate map of a map of bits : [1, h, w], float32 -> int32."""
        return self._run("levels", bits, np.float32([eta]))

    def side(self, of: Statistics, level: np.ndarray) -> Side:
        """All maps, from statistics and rate map."""
        kept = self._run("kept", of.index, level)
        return Side(of.mu, _SIGMA[of.index], of.entropy, level, kept)

    def encode(self, latents: Latents, side: Side, at: Conditions):
        """Latents to channel dimensions.

        Output
        ------
        dimensions : [n], float32, those that are kept, of unit mean power
        scale : by which the code was multiplied to get there
        """
        s, scale = self._run(
            "encode", latents.y, self._log_gain(at.quality), *side, *_scalars(at)
        )
        return s[side.kept > 0], float(scale.item())

    def decode(
        self, base, dimensions, noise, scale: float, side: Side, at: Conditions, size
    ):
        """Received dimensions to pixels.

        Input
        -----
        base : [h / 2, w / 2, 3], int32, base layer, as it is sent
        dimensions, noise : [n], float32, received values and their noise variance
        scale : as at the transmitter, rounded
        size : (H, W) of the image

        Output
        ------
        : [H, W, 3], uint8
        """
        r, variance = np.zeros_like(side.kept), np.ones_like(side.kept)
        r[side.kept > 0], variance[side.kept > 0] = dimensions, noise
        snr_db = _equivalent_snr_db(noise) if len(noise) else at.design_snr_db
        x = self._run(
            "decode",
            r,
            variance,
            np.float32([scale]),
            self._log_gain(at.quality),
            *side,
            *_scalars(at),
            np.float32([snr_db]),
            restored(base)[None].astype(np.float32),
        )
        return x[0, : size[0], : size[1]]

    def _log_gain(self, quality: float) -> np.ndarray:
        """Log of the gain of each latent : [1, 1, 1, M], float64."""
        position = quality * (len(self._gains) - 1)
        low = min(int(position), len(self._gains) - 2)
        share = position - low
        gains = (1 - share) * self._gains[low] + share * self._gains[low + 1]
        return gains[None, None, None]

    def _run(self, name: str, *inputs):
        outputs = self._stage(name, inputs[0].shape)(*map(tf.convert_to_tensor, inputs))
        return tf.nest.map_structure(lambda t: t.numpy(), outputs)

    def _make_stage(self, name: str, shape: tuple[int, ...]) -> Callable:
        """The graph of a stage; one for each shape of its first input."""
        return compiled(
            getattr(self, f"_{name}"), level="graph", name=f"networks.{name}"
        )

    def _analyse(self, image):
        x = tf.cast(image, tf.float32) / 255
        base = base_values(x)
        differences = tf.cast(base - predicted(base), tf.int32)
        return self._codec.analysis(x, base_picture(base)), differences

    def _summarise(self, y, log_gain):
        z = self._codec.hyper_analysis(y * _gain(log_gain))
        return tf.cast(tf.round(z), tf.int32)

    def _statistics(self, z, log_gain):
        mu, log_sigma = self._codec.deviations(z, log_gain, self._precise)
        index = scale_index(log_sigma)
        return tf.cast(mu, tf.float32), index, entropy_map(index)

    def _information(self, y, log_gain, mu, index):
        sigma = tf.gather(_SIGMA, index)
        bits = gaussian_bits(tf.round(y * _gain(log_gain)), mu, sigma)
        return tf.reduce_sum(bits, axis=-1)

    def _levels(self, bits, eta):
        return rate_levels(bits, eta, self._codec.profile.channels)

    def _kept(self, index, level):
        return kept_latents(index, level)

    def _encode(self, y, log_gain, mu, sigma, entropy, level, kept, quality, design):
        conditions = state(quality, design, design)
        y, no = y * _gain(log_gain), _noise(design)
        return self._codec.encoder(y, mu, sigma, kept, level, no, conditions)

    def _decode(
        self, r, noise, scale, log_gain, mu, sigma, entropy, level, kept, quality,
        design, snr_db, base,
    ):  # fmt: skip
        scale = scale[:, None, None, None]
        shared = mu, sigma, kept, level, _noise(design), state(quality, design, snr_db)
        y, log_error = self._codec.decoder(r, noise, scale, *shared)
        log_gain, picture = tf.cast(log_gain, tf.float32), base_picture(base)
        x = self._codec.synthesise(y, log_error, log_gain, picture)
        return tf.cast(tf.round(255 * tf.clip_by_value(x, 0, 1)), tf.uint8)


def _tables(prior: FactorisedPrior) -> np.ndarray:
    """Frequencies of every channel, the escape last : [C, 2 * LARGEST + 2]."""
    weight, centre, log_scale = (
        v.numpy().astype(np.float64) for v in prior.trainable_variables
    )
    weight = np.exp(weight - weight.max(axis=0))
    edges = np.arange(-LARGEST, LARGEST + 2) - 0.5
    standard = (edges[:, None, None] - centre) * np.exp(-log_scale)
    logistic = (1 + np.tanh(standard / 2)) / 2  # no overflow in the tails
    cumulative = (weight / weight.sum(axis=0) * logistic).sum(axis=1)
    inside = np.diff(cumulative, axis=0).T
    outside = np.maximum(1 - inside.sum(axis=1, keepdims=True), 0)
    return fixed_point(np.concatenate([inside, outside], axis=1))


def _padded(image: np.ndarray) -> np.ndarray:
    """Repeat the last row and column up to whole positions of the hyper-latent."""
    pad = [(0, -n % MULTIPLE) for n in image.shape[:2]]
    return np.pad(image, (*pad, (0, 0)), mode="edge")


def _equivalent_snr_db(noise: np.ndarray) -> float:
    """SNR of the AWGN channel that has the capacity of symbols of many noises."""
    capacity = np.mean(np.log1p(1 / noise.astype(np.float64)))
    return float(10 * np.log10(max(np.expm1(capacity), 1e-3)))


def _scalars(at: Conditions) -> tuple[np.ndarray, np.ndarray]:
    return np.float32([at.quality]), np.float32([at.design_snr_db])


def _gain(log_gain):
    return tf.cast(tf.exp(log_gain), tf.float32)


def _noise(snr_db):
    return 10.0 ** (-snr_db / 10)
