"""The networks of a learned codec inside the link: one image at a time, compiled.

Each stage is one graph for images of all sizes. Both ends need bit-exact statistics for
their rate maps, so one function computes them, in float64 until the deviations are
rounded.
"""

from collections.abc import Callable, Hashable
from functools import cache, partial
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from blocks.learned.ends import EXTRACTORS, RESTORERS
from blocks.learned.summary import Summary, SummaryCoder
from blocks.nn.base_layer import base_picture, predicted, restored
from blocks.nn.codec import (
    MULTIPLE,
    Codec,
    Known,
    Side,
    Statistics,
    deviation,
    log_gain,
    noise_variance,
)
from blocks.nn.entropy import gaussian_bits
from blocks.nn.hyperprior import HyperSynthesis
from blocks.nn.jscc import allocate, highest_level, rate_levels
from semlink.catalogue import built
from semlink.errors import InputError
from semlink.graph import compiled, plain


class Conditions(NamedTuple):
    """Conditions of a transmission, known to both ends from the header.

    quality : as from the header
    eta : real channel dimensions per bit of entropy
    design_snr_db : SNR that the transmitter designs for
    context : [1, D], float32, embedding of the image from the source knowledge base
    """

    quality: float
    eta: float
    design_snr_db: float
    context: np.ndarray = np.zeros((1, 0), np.float32)


class Analysed(NamedTuple):
    """Latents of an image, and its base layer.

    y, linear : [1, h, w, M], float32, latents, and those of the linear transform alone
    differences : [h / 2, w / 2, 3], int32, base layer minus its prediction
    """

    y: np.ndarray
    linear: np.ndarray
    differences: np.ndarray


class Networks:
    """A codec for the link.

    Parameters
    ----------
    codec : networks with their weights
    extractor, restorer : components for analysis and synthesis, by name

    Attributes
    ----------
    highest : highest rate level of a position
    """

    def __init__(self, codec: Codec, extractor: str = "swin", restorer: str = "swin"):
        self.codec, self.highest = codec, highest_level(codec.profile.channels)
        self._extract = partial(built(EXTRACTORS, extractor), codec)
        self._restore = partial(built(RESTORERS, restorer), codec)
        profile = codec.profile
        self._precise = HyperSynthesis(
            profile.hyper_width, profile.channels, profile.classes, dtype="float64"
        )
        self._precise.build((None, None, None, profile.hyper_channels))
        self._precise.set_weights(codec.hyper_synthesis.get_weights())
        self.coder = SummaryCoder(codec)
        self._stage = cache(self._make_stage)

    def analyse(self, image: np.ndarray) -> Analysed:
        """Pixels [H, W, 3], uint8, to latents.

        Raises
        ------
        InputError
            The extractor returns latents of another shape than the codec's.
        """
        y, linear, differences = self.run(self._analyse, _padded(image)[None])
        if y.shape != linear.shape:
            raise InputError(
                f"the extractor must give latents of shape {linear.shape} for this "
                f"picture, got {y.shape}"
            )
        return Analysed(y, linear, differences[0])

    def summarise(self, latents: Analysed, quality: float) -> Summary:
        """The side information of an image at a quality."""
        classes, z = self.run(self._summarise, *latents[:2], _log_gain(quality))
        return Summary(classes[0], z[0], latents.differences)

    def statistics(self, summary: Summary, quality: float) -> Statistics:
        """Statistics of the latents, from the side information."""
        z = summary.z[None].astype(np.float64)
        index = summary.classes[None]
        return Statistics(*self.run(self._statistics, z, index, _log_gain(quality)))

    def information(self, y: Analysed, of: Statistics, quality: float) -> np.ndarray:
        """Information of the latents [bits] : [1, h, w]; unknown to the receiver."""
        return self.run(self._information, y.y, _log_gain(quality), of.mu, of.index)

    def centred(self, y: Analysed, of: Statistics, quality: float) -> np.ndarray:
        """Latents minus their means, in quantiser steps : [1, h, w, M], float32."""
        return self.run(self._centred, y.y, _log_gain(quality), of.mu)

    def levels(self, bits: np.ndarray, eta: float) -> np.ndarray:
        """The rate preset for a map of bits : [1, h, w], float32 -> int32."""
        return self.run(self._levels, bits, np.float32([eta]))

    def side(self, of: Statistics, level: np.ndarray) -> Side:
        """All maps, from statistics and rate map."""
        return self.run(self._maps, *of, level)

    def power(self, side: Side, at: Conditions) -> np.ndarray:
        """Power of each latent, of mean one over those kept : [1, h, w, M], float32."""
        no = np.float32([noise_variance(at.design_snr_db)])
        return self.run(allocate, side.sigma, side.kept, no)

    def encode(self, latents: Analysed, side: Side, at: Conditions):
        """Latents to channel dimensions.

        Output
        ------
        dimensions : [n], float32, the kept dimensions, of unit mean power
        scale : factor that normalised the power
        """
        s, scale = self.run(
            self._encode, latents.y, _log_gain(at.quality), *side, *_known(at)
        )
        return s[side.kept > 0], float(scale.item())

    def decode(
        self, base, dimensions, noise, scale: float, side: Side, at: Conditions, size
    ):
        """Received dimensions to pixels.

        Input
        -----
        base : [h / 2, w / 2, 3], int32, base layer minus its prediction
        dimensions, noise : [n], float32, received values and their noise variance
        scale : scale of the transmitter, rounded
        size : (H, W) of the image

        Output
        ------
        : [H, W, 3], uint8
        """
        r, variance = np.zeros_like(side.kept), np.ones_like(side.kept)
        r[side.kept > 0], variance[side.kept > 0] = dimensions, noise
        snr_db = _equivalent_snr_db(noise) if len(noise) else at.design_snr_db
        inputs = self.decoder_inputs(base, scale, snr_db, side, at)
        x = self.run(self._decode, r, variance, *inputs)
        return x[0, : size[0], : size[1]]

    def decoder_inputs(
        self, base, scale: float, snr_db: float, side: Side, at: Conditions
    ) -> tuple[np.ndarray, ...]:
        """Inputs of :meth:`pixels` beside the received dimensions and their noise."""
        return (
            np.float32([scale]),
            _log_gain(at.quality),
            np.float32([snr_db]),
            restored(base)[None].astype(np.float32),
            *side,
            *_known(at),
        )

    def pixels(self, r, noise, scale, log_gain, snr_db, base, *told):
        """Received dimensions to pixels, as tensors.

        Input
        -----
        r, noise : [1, h, w, M], float32; zero and one for latents not sent
        others : from :meth:`decoder_inputs`

        Output
        ------
        x : [1, 16 h, 16 w, 3], float32, from 0 to 1
        """
        (side, known), scale = self._told(*told), scale[:, None, None, None]
        y, log_error = self.codec.decode(r, noise, scale, side, known, snr_db)
        log_gain, picture = tf.cast(log_gain, tf.float32), base_picture(base)
        x = self.codec.synthesise(
            y, log_error, log_gain, picture, known.tokens, self._restore
        )
        return tf.clip_by_value(x, 0, 1)

    def run(self, function: Hashable, *inputs):
        """Run a function of tensors as a graph, which is built once.

        Input
        -----
        function : ``(*tensors) -> tensors``, hashable; equal functions share a graph
        inputs : arrays; maps may have any size

        Output
        ------
        : output of ``function``, as arrays
        """
        inputs = [tf.convert_to_tensor(i) for i in inputs]
        stage = self._stage(function, tuple(map(_with_open_sides, inputs)))
        return tf.nest.map_structure(lambda t: t.numpy(), stage(*inputs))

    def _make_stage(
        self, function: Callable, signature: tuple[tf.TensorSpec, ...]
    ) -> Callable:
        """The graph of a stage."""
        name = getattr(function, "__name__", type(function).__name__).lower()
        name = f"networks.{name.lstrip('_')}"
        return compiled(plain(function), level="graph", name=name, signature=signature)

    def _analyse(self, image):
        x = tf.cast(image, tf.float32) / 255
        latents = self.codec.analyse(x, self._extract)
        differences = latents.base - predicted(latents.base)
        return latents.y, latents.linear, tf.cast(differences, tf.int32)

    def _summarise(self, y, linear, log_gain):
        single, gain = tf.cast(log_gain, tf.float32), _gain(log_gain)
        index, z = self.codec.summarise(y * gain, linear * gain, single)
        return index, tf.cast(tf.round(z), tf.int32)

    def _statistics(self, z, classes, log_gain):
        mu, log_sigma = self.codec.deviations(classes, z, log_gain, self._precise)
        return self.codec.statistics(tf.cast(mu, tf.float32), log_sigma)

    def _information(self, y, log_gain, mu, index):
        bits = gaussian_bits(tf.round(y * _gain(log_gain)), mu, deviation(index))
        return tf.reduce_sum(bits, axis=-1)

    def _centred(self, y, log_gain, mu):
        return y * _gain(log_gain) - mu

    def _levels(self, bits, eta):
        return rate_levels(bits, eta, self.codec.profile.channels)

    def _maps(self, mu, index, entropy, level):
        return self.codec.maps(Statistics(mu, index, entropy), level)

    def _encode(self, y, log_gain, *told):
        side, known = self._told(*told)
        return self.codec.encode(y * _gain(log_gain), side, known)

    def _decode(self, *inputs):
        return tf.cast(tf.round(255 * self.pixels(*inputs)), tf.uint8)

    def _told(self, mu, sigma, entropy, level, kept, quality, design, context):
        """Pack the knowledge of both ends for the codec."""
        side = Side(mu, sigma, entropy, level, kept)
        return side, Known(quality, design, self.codec.tokens(context))


def _with_open_sides(tensor: tf.Tensor) -> tf.TensorSpec:
    """Signature of a tensor, with open height and width for maps."""
    shape = list(tensor.shape)
    if len(shape) > 2:
        shape[1:3] = [None if side > 1 else side for side in shape[1:3]]
    return tf.TensorSpec(shape, tensor.dtype)


def _padded(image: np.ndarray) -> np.ndarray:
    """Repeat the last row and column up to a multiple of the hyper-latent's stride."""
    pad = [(0, -n % MULTIPLE) for n in image.shape[:2]]
    return np.pad(image, (*pad, (0, 0)), mode="edge")


def _equivalent_snr_db(noise: np.ndarray) -> float:
    """SNR of an AWGN channel with the mean capacity of symbols of unequal noise."""
    capacity = np.mean(np.log1p(1 / noise.astype(np.float64)))
    return float(10 * np.log10(max(np.expm1(capacity), 1e-3)))


def _known(at: Conditions) -> tuple[np.ndarray, ...]:
    return np.float32([at.quality]), np.float32([at.design_snr_db]), at.context


def _log_gain(quality: float) -> np.ndarray:
    """Log of the gain of latents : [1, 1, 1, 1], float64."""
    return log_gain(np.float64([quality]))


def _gain(log_gain):
    return tf.cast(tf.exp(log_gain), tf.float32)
