"""Objectives of the joint stage: the shipped one, and variants for ablations.

Each variant differs from the first in one respect.
"""

import keras
import numpy as np
from keras import ops

from blocks.nn.codec import quantiser_step
from blocks.nn.jscc import LEVELS, power_of
from blocks.tasks.structural_similarity import C1, C2, GAUSSIAN, SCALES, WINDOW
from experiments.training.objective import EMPHASIS, JointObjective

# Weight of 1 - MS-SSIM, in squared error of a value: about a tenth of the loss.
SIMILARITY_WORTH = 0.004
# Squared error of a value at a quantiser step of one, and its exponent in the step, as
# in the objective, so that all qualities have the same weight.
TYPICAL_ERROR, TYPICAL_SLOPE = 0.005, 2 - EMPHASIS


class MsSsimObjective(JointObjective):
    """With a small term for MS-SSIM, over the scales that fit a crop."""

    def distortion(self, error, image, received, quality):
        """Squared error plus weighted loss of MS-SSIM : [B]."""
        return error + SIMILARITY_WORTH * values_of(image) * lost(image, received)


class PsnrObjective(JointObjective):
    """With the PSNR of a crop instead of its squared error, as in results.

    Pictures that are hard to code dominate a mean of squared errors; in a mean of
    decibels, a relative change of the error has the same weight in each picture.
    """

    similarity = 0.0

    def distortion(self, error, image, received, quality):
        """Log of the squared error, with the slope of the error at a typical value."""
        typical = TYPICAL_ERROR * quantiser_step(quality) ** TYPICAL_SLOPE
        gain = ops.log(error)
        if self.similarity:
            gain = gain + self.similarity * lost(image, received)
        return typical * values_of(image) * gain


class PsnrMsSsimObjective(PsnrObjective):
    """With the PSNR of a crop, and a small term for MS-SSIM."""

    similarity = 2.0


class LevelPowerObjective(JointObjective):
    """With a learned power for each rate level."""

    def __init__(self, codec, channel, **kwargs):
        super().__init__(codec, channel, **kwargs)
        self._gain = keras.layers.Embedding(
            len(LEVELS), 1, embeddings_initializer="zeros", dtype="float32"
        )
        self._gain.build()

    def through(self, s, no, side):
        """Amplify by level, at the same mean power, and undo it at the receiver."""
        amplitude = ops.exp(self._gain(side.level))
        amplitude = amplitude / ops.sqrt(power_of(s * amplitude, side.kept))
        r, noise = super().through(s * amplitude, no, side)
        return r / amplitude, noise / amplitude**2


OBJECTIVES = {
    "joint": JointObjective,
    "ms_ssim": MsSsimObjective,
    "psnr": PsnrObjective,
    "psnr_ms_ssim": PsnrMsSsimObjective,
    "level_power": LevelPowerObjective,
}
# Objectives whose codecs a link can use; the others train parts that a codec lacks.
SENDABLE = ("joint", "ms_ssim", "psnr", "psnr_ms_ssim")


def values_of(image) -> float:
    """Number of values of each picture of a batch : [B, H, W, 3]."""
    return float(np.prod(image.shape[1:]))


def lost(image, received):
    """1 - MS-SSIM : [B, H, W, 3], twice -> [B]."""
    return 1 - ms_ssim(image, ops.clip(received, 0, 1))


def ms_ssim(a, b):
    """MS-SSIM of pictures, differentiable : [B, H, W, 3] from 0 to 1, twice -> [B].

    As :mod:`blocks.tasks.structural_similarity`, with fewer scales for pictures too
    small for five; the exponents are scaled to the same sum.
    """
    height, width = a.shape[1:3]
    scales = int(np.log2(min(height, width) / WINDOW)) + 1
    exponents = np.float32(SCALES[:scales])
    exponents /= exponents.sum()
    product = 1.0
    for scale, exponent in enumerate(exponents):
        whole, contrast = _one_scale(a, b)
        factor = whole if scale == len(exponents) - 1 else contrast
        product = product * ops.maximum(factor, 1e-3) ** exponent
        a, b = (ops.average_pool(x, 2, 2, padding="same") for x in (a, b))
    return ops.mean(product, axis=-1)


def _one_scale(a, b):
    """SSIM and its contrast-structure part, mean over the picture : [B, 3] each."""
    stack = ops.concatenate([a, b, a * a + b * b, a * b])
    mean_a, mean_b, power, product = ops.split(_blurred(stack), 4)
    c1, c2 = C1 / 255**2, C2 / 255**2
    crossed, squares = mean_a * mean_b, mean_a**2 + mean_b**2
    contrast = (2 * (product - crossed) + c2) / (power - squares + c2)
    whole = (2 * crossed + c1) / (squares + c1) * contrast
    return ops.mean(whole, axis=(1, 2)), ops.mean(contrast, axis=(1, 2))


def _blurred(x):
    """Gaussian window over [B, H, W, 3], where it fits."""
    for shape in ((WINDOW, 1, 1, 1), (1, WINDOW, 1, 1)):
        kernel = np.tile(GAUSSIAN.reshape(shape), (1, 1, 3, 1))
        x = ops.depthwise_conv(x, kernel, padding="valid")
    return x
