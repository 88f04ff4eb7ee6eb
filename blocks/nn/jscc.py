"""Variable-length joint source-channel code: a linear analog code, and Swin blocks.

The rate map gives each position of y a number of real channel dimensions, which it
spends on its latents of largest deviation. The linear code sends those with the power
that minimises the mean squared error and estimates them by LMMSE. Networks in parallel
start at zero and learn a nonlinear correction.

References
----------
J. Dai et al., IEEE JSAC 40(8), 2022, section III-C, for rate tokens and the Swin
codec. Deviations: a position keeps its latents of largest deviation instead of the
first ones; the projection of a rate level is ``diag(out) W diag(in)`` with ``W``
shared; deviations come from the side information alone.
"""

import keras
import numpy as np
from keras import ops

from blocks.nn.cross_attention import CrossModalSwin
from blocks.nn.entropy import entropies
from blocks.nn.swin import swin_stack

TRAINED_SNRS_DB = (0.0, 20.0)  # range of Es/N0 that networks are trained on
LEAST_NOISE = 10 ** (-TRAINED_SNRS_DB[1] / 10)
# Real channel dimensions that a position can be given.
LEVELS = (0, 4, 8, 12, 16, 24, 32, 48, 64, 80, 96, 128, 160, 192, 224, 256)
# entropies in 1/256 bit: integer sums do not depend on their order
FINE = 256
ENTROPIES = np.round(FINE * entropies()).astype(np.int32)
WATER_STEPS = 8
ETA = 0.3  # dimensions per bit at 10 dB
DITHER = 0.1  # share of eta
# Steps of an even two-dimensional point sequence: powers of 1 / 1.3247..., in integers
# of 1 / 65536, which are exact on all machines.
TURNS, WHOLE = (49472, 37345), 65536


def entropy_map(index):
    """Entropy of each position : scale index [B, h, w, M] -> [B, h, w], bits."""
    table = ops.convert_to_tensor(ENTROPIES)
    return ops.cast(ops.sum(ops.take(table, index, axis=0), axis=-1), "float32") / FINE


def nominal_eta(snr_db):
    """Nominal dimensions per bit at an SNR, around which training draws : dB -> same.

    With it, about as many latents are sent as the choice of classes assumes. It grows
    slightly as the capacity falls; the optimum is flat.
    """
    capacity = np.log2(1 + 10 ** (np.asarray(snr_db) / 10))
    return ETA * (np.log2(11) / capacity) ** 0.1


def rate_levels(entropy, eta, channels: int):
    """Level of each position: ``eta`` dimensions for each bit, to the nearest level.

    Positions of one class have nearly the same entropy. A dither of ``eta`` between
    neighbours lets the rate grow position by position.

    Input
    -----
    entropy : [B, h, w], float, bits
    eta : [B], float, real channel dimensions per bit
    channels : M, upper limit of the dimensions of a level

    Output
    ------
    level : [B, h, w], int32, index into :data:`LEVELS`
    """
    edges = ops.convert_to_tensor(level_edges(channels))
    wanted = entropy * eta[:, None, None] * _dither(*ops.shape(entropy)[1:])
    above = ops.greater(wanted[..., None], edges)
    return ops.sum(ops.cast(above, "int32"), axis=-1)


def level_edges(channels: int) -> np.ndarray:
    """Decision thresholds between levels, in dimensions : [L - 1], float32."""
    levels = np.array(LEVELS[: highest_level(channels) + 1], np.float32)
    return (levels[1:] + levels[:-1]) / 2


def highest_level(channels: int) -> int:
    """The highest level with no more dimensions than ``channels``."""
    return sum(k <= channels for k in LEVELS) - 1


def _dither(height, width):
    """Factors near one that differ between neighbours : [h, w], float32."""
    down, along = ops.arange(height, dtype="int32"), ops.arange(width, dtype="int32")
    turn = (TURNS[0] * down[:, None] + TURNS[1] * along) % WHOLE
    return 1 + DITHER * (ops.cast(turn, "float32") / WHOLE - 0.5)


def kept_latents(index, level):
    """Mask of the latents sent: those of largest deviation in each position.

    Input
    -----
    index : [B, h, w, M], int32, scale index
    level : [B, h, w], int32

    Output
    ------
    kept : [B, h, w, M], float32, one or zero
    """
    channels = index.shape[-1]
    # ties go to the lower channel, which has more variance on average
    order = index * channels + ops.arange(channels - 1, -1, -1, dtype="int32")
    rank = ops.argsort(ops.argsort(-order, axis=-1), axis=-1)
    count = ops.take(np.array(LEVELS, np.int32), level, axis=0)
    return ops.cast(ops.cast(rank, "int32") < count[..., None], "float32")


def allocate(sigma, kept, no):
    """Power of each latent that minimises the squared error of LMMSE estimates.

    ``p = max(0, t sigma - no)``, where t makes the mean power of an image one: the
    optimum of ``sum sigma^2 no / (p + no)``.

    Input
    -----
    sigma, kept : [B, h, w, M], float
    no : [B], float, design noise variance of a dimension

    Output
    ------
    power : [B, h, w, M], float; zero for latents not kept
    """
    axes, no = (1, 2, 3), no[:, None, None, None]
    wanted = ops.sum(kept, axis=axes, keepdims=True)
    active = kept
    for _ in range(WATER_STEPS):
        count = ops.sum(active, axis=axes, keepdims=True)
        total = ops.sum(active * sigma, axis=axes, keepdims=True)
        t = (wanted + no * count) / ops.maximum(total, 1e-9)
        active = kept * ops.cast(t * sigma > no, "float32")
    return kept * ops.maximum(t * sigma - no, 0)


def power_of(s, kept):
    """Mean power of the dimensions in use : [B, h, w, M] -> [B, 1, 1, 1]."""
    axes = (1, 2, 3)
    count = ops.maximum(ops.sum(kept, axis=axes, keepdims=True), 1)
    return ops.maximum(ops.sum(s * s, axis=axes, keepdims=True) / count, 1e-9)


class _RateConditioned(keras.layers.Layer):
    """Swin blocks over features, with tokens for rate level and state.

    With ``context``, a cross-modal block follows.
    """

    def __init__(
        self, channels, *, width, depth, heads, window, features, context, **kwargs
    ):
        super().__init__(**kwargs)
        swin = {"heads": heads, "window": window}
        self._cross_modal = CrossModalSwin(width, depth=1, **swin) if context else None
        self._size = (width, features * channels)
        self._embed = keras.layers.Dense(width)
        self._state = keras.layers.Dense(width)
        self._blocks = swin_stack(width, depth=depth, **swin)
        self._head = keras.layers.Dense(channels, kernel_initializer="zeros")
        levels = len(LEVELS)
        self._token = keras.layers.Embedding(levels, width)
        self._gain_in = keras.layers.Embedding(
            levels, width, embeddings_initializer="ones"
        )
        self._gain_out = keras.layers.Embedding(
            levels, channels, embeddings_initializer="ones"
        )

    def build(self, features, state):
        width, _ = self._size
        self._embed.build((None, self._size[1]))
        self._state.build((None, state))
        self._blocks.build((None, None, None, width))
        self._head.build((None, width))
        for table in (self._token, self._gain_in, self._gain_out):
            table.build()
        if self._cross_modal:
            self._cross_modal.build()

    def call(self, features, level, state, tokens=None):
        """Features, level [B, h, w] and state [B, S] to [B, h, w, channels]."""
        x = self._embed(features) + self._token(level)
        x = self._blocks(x + self._state(state)[:, None, None])
        if self._cross_modal:
            x = self._cross_modal(x, tokens)
        x = self._head(x * self._gain_in(level)) * self._gain_out(level)
        return ops.cast(x, "float32")


class JsccEncoder(keras.layers.Layer):
    """Latents to channel dimensions of unit mean power.

    Input
    -----
    y, mu, sigma : [B, h, w, M], float, in quantiser steps
    kept : [B, h, w, M], float, one where a latent has a dimension of its own
    level : [B, h, w], int32
    no : [B], float, noise variance for the power allocation
    state : [B, S], float, conditioning vector, known to both ends
    tokens : [B, T, width], float, tokens of the context, if there is one

    Output
    ------
    s : [B, h, w, M], float, mean power one over kept latents, zero elsewhere
    scale : [B, 1, 1, 1], float, factor that normalised the power
    """

    def __init__(
        self, channels, *, width, depth, heads, window, context=False, **kwargs
    ):
        super().__init__(autocast=False, dtype="float32", **kwargs)
        swin = {"width": width, "depth": depth, "heads": heads, "window": window}
        self._correction = _RateConditioned(
            channels, features=3, context=context, **swin
        )

    def build(self, state):
        self._correction.build(None, state)

    def call(self, y, mu, sigma, kept, level, no, state, tokens=None):
        power = ops.stop_gradient(allocate(sigma, kept, no))
        standard = (y - mu) / sigma
        features = [standard, ops.log(sigma), kept]
        s = ops.sqrt(power) * standard
        features = ops.concatenate(features, axis=-1)
        s = s + self._correction(features, level, state, tokens)
        s = s * kept
        scale = 1 / ops.sqrt(power_of(s, kept))
        return s * scale, scale


class JsccDecoder(keras.layers.Layer):
    """Received dimensions to latents: LMMSE, then a correction by networks.

    The estimate uses the noise as it is. Networks are conditioned on no less noise than
    they are trained on.

    Input
    -----
    r : [B, h, w, M], float, received; zero for latents not sent
    noise : [B, h, w, M] or broadcastable, float, noise variance of ``r``
    scale, mu, sigma, kept, level, no, state, tokens : as for :class:`JsccEncoder`;
        ``no`` is the noise variance that the transmitter allocated for

    Output
    ------
    y : [B, h, w, M], float, in quantiser steps
    log_error : [B, h, w, M], float, log of the standard error of the LMMSE estimate, at
        the noise that networks are conditioned on
    """

    def __init__(
        self, channels, *, width, depth, heads, window, context=False, **kwargs
    ):
        super().__init__(autocast=False, dtype="float32", **kwargs)
        swin = {"width": width, "depth": depth, "heads": heads, "window": window}
        self._correction = _RateConditioned(
            channels, features=4, context=context, **swin
        )

    def build(self, state):
        self._correction.build(None, state)

    def call(self, r, noise, scale, mu, sigma, kept, level, no, state, tokens=None):
        power = allocate(sigma, kept, no)
        seen = ops.maximum(noise, LEAST_NOISE) / scale**2
        noise = noise / scale**2
        standard = kept * ops.sqrt(power) / (power + noise) * (r / scale)
        error = _error(sigma, kept, power, noise)
        log_error = ops.log(_error(sigma, kept, power, seen))
        received = r / scale / (1 + seen)  # bounded in deep fades
        features = [standard, received, ops.log(sigma), log_error]
        features = ops.concatenate(features, axis=-1)
        correction = self._correction(features, level, state, tokens)
        return mu + sigma * standard + error * correction, log_error


def _error(sigma, kept, power, noise):
    """Standard error of LMMSE estimates : [B, h, w, M], in quantiser steps."""
    return sigma * ops.sqrt(ops.where(kept > 0, noise / (power + noise), 1.0))
