"""A learned codec for a noisy channel: transforms, entropy model, joint code.

One set of weights serves a range of rates: a quality ``q`` in 0 to 1 chooses a gain
for every latent, in log-linear steps between learned gain vectors.

References
----------
J. Dai et al., IEEE JSAC 40(8), 2022; Z. Cui et al., "Asymmetric gained deep image
compression with continuous rate adaptation", CVPR 2021, for the gain vectors.
"""

from typing import NamedTuple

import keras
from keras import ops

from blocks.nn.base_layer import CHANNELS, SIZE
from blocks.nn.entropy import SCALES, FactorisedPrior, scale_index
from blocks.nn.hyperprior import STRIDE, HyperAnalysis, HyperSynthesis
from blocks.nn.jscc import (
    JsccDecoder,
    JsccEncoder,
    entropy_map,
    kept_latents,
    rate_levels,
)
from blocks.nn.transforms import PATCH, Analysis, Synthesis

# Sides of an image are padded up to a multiple of this.
MULTIPLE = max(PATCH * STRIDE, SIZE)
STATE = 3  # quality, design SNR, SNR


class Profile(NamedTuple):
    """Size of a codec; every field is a hyperparameter of the layers in use."""

    channels: int
    hyper_width: int
    hyper_channels: int
    widths: tuple[int, int, int]
    analysis_depths: tuple[int, int, int]
    synthesis_depths: tuple[int, int, int]
    jscc_depth: int
    heads: int
    window: int
    gains: int


class Side(NamedTuple):
    """What both ends derive from the side information alone.

    mu, sigma : [B, h, w, M], float, in quantiser steps; sigma from the table
    entropy : [B, h, w], float, bits: the entropy map
    level : [B, h, w], int32: the rate map
    kept : [B, h, w, M], float, one where a latent has a dimension of its own
    """

    mu: object
    sigma: object
    entropy: object
    level: object
    kept: object


class Codec(keras.layers.Layer):
    """The networks of one codec; a link or a training step puts them in a row."""

    def __init__(self, profile: Profile, **kwargs):
        super().__init__(autocast=False, **kwargs)
        p = self.profile = profile
        swin = {"heads": p.heads, "window": p.window}
        self.analysis = Analysis(
            p.channels, widths=p.widths, depths=p.analysis_depths, **swin
        )
        self.synthesis = Synthesis(widths=p.widths, depths=p.synthesis_depths, **swin)
        self.hyper_analysis = HyperAnalysis(
            p.hyper_width, p.hyper_channels, dtype="float32"
        )
        self.hyper_synthesis = HyperSynthesis(
            p.hyper_width, p.channels, dtype="float32"
        )
        self.prior = FactorisedPrior(p.hyper_channels, dtype="float32")
        self.base_prior = FactorisedPrior(CHANNELS, dtype="float32")
        swin |= {"width": p.widths[2], "depth": p.jscc_depth}
        self.encoder = JsccEncoder(p.channels, **swin)
        self.decoder = JsccDecoder(p.channels, **swin)

    def build(self, shape=None):
        p = self.profile
        latent = (None, None, None, p.channels)
        self.analysis.build((None, None, None, 3))
        self.synthesis.build(latent)
        self.hyper_analysis.build(latent)
        self.hyper_synthesis.build((None, None, None, p.hyper_channels))
        self.prior.build((None, p.hyper_channels))
        self.base_prior.build((None, CHANNELS))
        self.encoder.build(STATE)
        self.decoder.build(STATE)
        zeros = {"initializer": "zeros", "dtype": "float32"}
        self.gain_vectors = self.add_weight(
            name="log_gain", shape=(p.gains, p.channels), **zeros
        )
        self.log_deviation = self.add_weight(
            name="log_deviation", shape=(p.channels,), **zeros
        )

    def log_gain(self, quality):
        """Log of the gain of each latent : [B], 0 to 1 -> [B, 1, 1, M]."""
        last = self.profile.gains - 1
        anchors = ops.arange(last + 1, dtype="float32")
        distance = ops.abs(quality[:, None] * last - anchors)
        weight = ops.maximum(1 - distance, 0)  # linear between the two nearest
        return ops.matmul(weight, self.gain_vectors)[:, None, None]

    def deviations(self, z_hat, log_gain, hyper_synthesis=None):
        """Mean and log deviation of y, in steps, from the rounded latent.

        ``hyper_synthesis`` may be one of more precision, with the same weights.
        """
        mu, log_sigma = (hyper_synthesis or self.hyper_synthesis)(z_hat)
        prior = ops.cast(self.log_deviation, log_sigma.dtype) + log_gain
        return mu, log_sigma + prior

    def side(self, mu, log_sigma, eta) -> Side:
        """Derive the maps; ``eta`` : [B], real dimensions per bit."""
        index = scale_index(log_sigma)
        sigma = ops.take(ops.cast(SCALES, "float32"), index, axis=0)
        entropy = entropy_map(index)
        level = rate_levels(entropy, eta, self.profile.channels)
        return Side(mu, sigma, entropy, level, kept_latents(index, level))

    def synthesise(self, y, log_error, log_gain, base):
        """Latents in steps, and the base layer's picture, to pixels."""
        return self.synthesis(y * ops.exp(-log_gain), y, log_error, base)


def state(quality, design_snr_db, snr_db):
    """What conditions the joint code : [B] each -> [B, 3], about unit range."""
    columns = (quality, design_snr_db / 10 - 1, snr_db / 10 - 1)
    return ops.stack(columns, axis=-1)
