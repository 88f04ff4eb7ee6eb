"""A learned codec for a noisy channel: transforms, entropy model, joint code.

One set of weights serves a range of rates: a quality ``q`` from 0 to 1.3 chooses the
quantiser step, which is the unit of the latents.

References
----------
J. Dai et al., IEEE JSAC 40(8), 2022. Deviations: classes of positions beside the
hyper-latent, and a base layer.
"""

from collections.abc import Callable
from math import log
from typing import NamedTuple

import keras
from keras import ops

from blocks.nn.base_layer import CHANNELS, SIZE, base_picture, base_values
from blocks.nn.classes import Classes
from blocks.nn.cross_attention import ContextTokens
from blocks.nn.entropy import SCALES, FactorisedPrior, scale_index
from blocks.nn.hyperprior import STRIDE, HyperAnalysis, HyperSynthesis
from blocks.nn.jscc import (
    TRAINED_SNRS_DB,
    JsccDecoder,
    JsccEncoder,
    entropy_map,
    kept_latents,
    rate_levels,
)
from blocks.nn.transforms import PATCH, Analysis, Synthesis

# The sides of an image are padded to a multiple of this.
MULTIPLE = max(PATCH * STRIDE, SIZE)
STATE = 3  # quality, design SNR, SNR
# Names, in paths of weights, of the layers that only networks with a context have.
OF_CONTEXT = {"context", "cross_modal"}
# Quantiser steps at quality 0 and 1, for pixels from 0 to 1.
COARSEST, FINEST = 1.2, 0.12
FINEST_QUALITY = 1.3  # that the networks are trained for


class Profile(NamedTuple):
    """Size of a codec; every field is a hyperparameter of its layers.

    ``context`` is the width of an embedding known to both ends, or 0.
    """

    channels: int
    hyper_width: int
    hyper_channels: int
    widths: tuple[int, int, int]
    analysis_depths: tuple[int, int, int]
    synthesis_depths: tuple[int, int, int]
    jscc_depth: int
    heads: int
    window: int
    classes: int
    context: int = 0


class Latents(NamedTuple):
    """Output of the analysis.

    y, linear : [B, h, w, M], float, latents, and those of the linear transform alone
    base : [B, h / 2, w / 2, 3], base layer, in quantiser steps
    smooth : [B, 16 h, 16 w, 3], float, the picture of the base layer
    """

    y: object
    linear: object
    base: object
    smooth: object


class Statistics(NamedTuple):
    """Statistics of the latents, from the side information.

    mu : [B, h, w, M], float, means in quantiser steps
    index : [B, h, w, M], int32, deviations, entries of the table
    entropy : [B, h, w], float, bits: the entropy map
    """

    mu: object
    index: object
    entropy: object


class Known(NamedTuple):
    """Parameters of a transmission known to both ends, beside the side information.

    quality : [B], 0 to ``FINEST_QUALITY``
    design_snr_db : [B], SNR that the transmitter designs for
    tokens : [B, T, width], tokens of the context, if there is one
    """

    quality: object
    design_snr_db: object
    tokens: object = None


class Side(NamedTuple):
    """Maps that both ends derive from the side information.

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
    """The networks of one codec; a link or a training step chains them.

    Under a mixed precision policy the Swin and convolutional blocks compute in the
    policy's type; everything else stays in float32: linear transform, classes,
    deviations, priors, allocation and LMMSE estimates. (Keras casts the variables that
    a method reads to the type of the layer that was called, so each layer around those
    blocks is a float32 layer.)
    """

    def __init__(self, profile: Profile, **kwargs):
        super().__init__(autocast=False, dtype="float32", **kwargs)
        p = self.profile = profile
        swin = {"heads": p.heads, "window": p.window}
        self.analysis = Analysis(
            p.channels, widths=p.widths, depths=p.analysis_depths, **swin
        )
        swin["context"] = bool(p.context)
        self.synthesis = Synthesis(widths=p.widths, depths=p.synthesis_depths, **swin)
        self.hyper_analysis = HyperAnalysis(
            p.hyper_width, p.hyper_channels, dtype="float32"
        )
        self.hyper_synthesis = HyperSynthesis(
            p.hyper_width, p.channels, p.classes, dtype="float32"
        )
        self.classes = Classes(p.classes, p.channels, dtype="float32")
        self.prior = FactorisedPrior(p.hyper_channels, dtype="float32")
        self.base_prior = FactorisedPrior(CHANNELS, dtype="float32")
        swin |= {"width": p.widths[2], "depth": p.jscc_depth}
        self.encoder = JsccEncoder(p.channels, **swin)
        self.decoder = JsccDecoder(p.channels, **swin)
        self._context = ContextTokens(p.widths[2]) if p.context else None

    def build(self, shape=None):
        p = self.profile
        latent = (None, None, None, p.channels)
        self.analysis.build((None, None, None, 3))
        self.synthesis.build(latent)
        self.hyper_analysis.build(latent)
        self.hyper_synthesis.build((None, None, None, p.hyper_channels))
        self.classes.build()
        self.prior.build((None, p.hyper_channels))
        self.base_prior.build((None, CHANNELS))
        self.encoder.build(STATE)
        self.decoder.build(STATE)
        if self._context:
            self._context.build((None, p.context))

    @property
    def blocks(self) -> list:
        """Residual blocks of the transforms; their number depends on the profile."""
        return [*self.analysis.blocks, *self.synthesis.blocks]

    def tokens(self, context):
        """Tokens of an embedding [B, D] : [B, T, width]; ``None`` without contexts."""
        return self._context(context) if self._context else None

    def analyse(self, x, extract: Callable | None = None) -> Latents:
        """Pixels from 0 to 1 to latents : [B, 32 i, 32 j, 3].

        ``extract`` replaces the analysis if given.
        """
        base = base_values(x)
        smooth = base_picture(base)
        y = (extract or self.analysis)(x, smooth)
        return Latents(y, self.analysis.linear_only(x, smooth), base, smooth)

    def summarise(self, y, linear, log_gain):
        """Side information of y : classes [B, h, w], and z before rounding.

        ``y`` and ``linear``, the linear transform alone, are in quantiser steps.
        Classes follow the energy of the picture, which y need not preserve.
        """
        index = self.classes.choose(linear, log_gain)
        deviation = ops.take(self.classes.log_deviation, index, axis=0) + log_gain
        return index, self.hyper_analysis(y, y * ops.exp(-deviation))

    def deviations(self, index, z_hat, log_gain, hyper_synthesis=None):
        """Mean and log deviation of y, in steps, from classes and the rounded latent.

        ``hyper_synthesis`` may be a copy of higher precision, with the same weights.
        """
        hyper_synthesis = hyper_synthesis or self.hyper_synthesis
        mu, log_sigma = hyper_synthesis(z_hat, index, log_gain)
        of_class = ops.take(self.classes.log_deviation, index, axis=0)
        return mu, log_sigma + ops.cast(of_class, log_sigma.dtype) + log_gain

    def statistics(self, mu, log_sigma) -> Statistics:
        """Round deviations to the table; the entropy map follows from it."""
        index = scale_index(log_sigma)
        return Statistics(mu, index, entropy_map(index))

    def maps(self, of: Statistics, level) -> Side:
        """All maps at a rate map : [B, h, w], int32."""
        sigma = deviation(of.index)
        return Side(of.mu, sigma, of.entropy, level, kept_latents(of.index, level))

    def side(self, mu, log_sigma, eta) -> Side:
        """Derive the maps; ``eta`` : [B], real dimensions per bit."""
        of = self.statistics(mu, log_sigma)
        return self.maps(of, rate_levels(of.entropy, eta, self.profile.channels))

    def encode(self, y, side: Side, known: Known):
        """Latents in steps to channel dimensions and scale.

        The transmitter knows its design SNR only, not the received SNR.
        """
        conditions = state(known.quality, known.design_snr_db, known.design_snr_db)
        return self.encoder(y, *_shared(side, known), conditions, known.tokens)

    def decode(self, r, noise, scale, side: Side, known: Known, snr_db):
        """Received dimensions to latents in steps, and the log of their error.

        ``noise`` : variance of each dimension; ``snr_db`` : [B], as received
        """
        conditions = state(known.quality, known.design_snr_db, snr_db)
        shared = _shared(side, known)
        return self.decoder(r, noise, scale, *shared, conditions, known.tokens)

    def synthesise(
        self, y, log_error, log_gain, base, tokens=None, restore: Callable | None = None
    ):
        """Latents in steps, and the base layer's picture, to pixels.

        ``restore`` replaces the synthesis if given.
        """
        restore = restore or self.synthesis
        return restore(y * ops.exp(-log_gain), y, log_error, base, tokens)


def _shared(side: Side, known: Known) -> tuple:
    """Common inputs of encoder and decoder."""
    no = noise_variance(known.design_snr_db)
    return side.mu, side.sigma, side.kept, side.level, no


def deviation(index):
    """Deviations of entries of the table : int32, any shape -> float32, same shape."""
    return ops.take(ops.cast(SCALES, "float32"), index, axis=0)


def noise_variance(snr_db):
    """N0 at unit symbol energy : dB -> linear."""
    return 10.0 ** (-snr_db / 10)


def quantiser_step(quality):
    """Step at a quality : any shape -> the same."""
    return COARSEST * (FINEST / COARSEST) ** quality


def log_gain(quality):
    """Log of the gain of latents : quality [B] -> [B, 1, 1, 1]."""
    slope = log(COARSEST / FINEST)
    return (quality * slope - log(COARSEST))[:, None, None, None]


def state(quality, design_snr_db, snr_db):
    """Conditioning vector of the joint code : [B] each -> [B, 3], within unit range."""
    snrs = (ops.clip(snr, *TRAINED_SNRS_DB) / 10 - 1 for snr in (design_snr_db, snr_db))
    return ops.stack((quality, *snrs), axis=-1)
