"""Refinement: gradient steps on the channel dimensions of an image, at the transmitter.

The encoder is one function for all images. The transmitter has the image and the
receiver's networks, so it can also lower the error of this image: it differentiates
the squared error behind the decoder with respect to the transmitted dimensions.

The error is an expectation over the noise at the design SNR. Each draw of noise serves
two steps, with opposite signs, which cancels its first-order effect.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from blocks.learned.controllers import View
from blocks.learned.frame import SCALES
from blocks.learned.inference import Conditions, Networks
from blocks.nn.codec import Side, noise_variance
from semlink.rng import Course, seed_of

STEP = 0.03  # length of a step, relative to that of the signal


def refined(
    networks: Networks,
    dimensions: np.ndarray,
    scale: float,
    side: Side,
    at: Conditions,
    view: View,
    steps: int,
) -> np.ndarray:
    """Lower the expected squared error of the received image.

    Input
    -----
    dimensions, scale : [n], float32, and their scale, from :meth:`Networks.encode`. The
        scale stays: the decoder divides by it as without refinement.
    side, at : maps, and conditions of the codec
    view : view of the transmitter, with the image and its latents
    steps : number of gradient steps

    Output
    ------
    dimensions : [n], float32, of unit mean power
    """
    s = np.zeros_like(side.kept)
    s[side.kept > 0] = dimensions
    scale = SCALES.value(SCALES.index(scale))  # as the receiver has it
    base = view.latents.differences
    inputs = networks.decoder_inputs(base, scale, at.design_snr_db, side, at)
    image, no = view.sample.data[None], noise_variance(np.float32([at.design_snr_db]))
    descent, steps = Descent(networks), np.int32(steps)
    s = networks.run(descent, s, image, steps, side.kept, no, *inputs)
    return s[side.kept > 0]


class Descent(NamedTuple):
    """Gradient descent at constant power, as a graph.

    networks : networks of the codec
    """

    networks: Networks

    def __call__(self, s, target, steps, kept, no, *inputs):
        """Dimensions after some steps.

        Input
        -----
        s : [1, h, w, M], float32, dimensions, zero for latents not sent
        target : [1, H, W, 3], uint8, the image
        steps : [], int32
        kept : [1, h, w, M], float32, one for latents sent
        no : [1], float32, noise variance of a dimension
        inputs : of the decoder, beside the received dimensions and their noise
        """
        target = tf.cast(target, tf.float32) / 255
        variance = tf.where(kept > 0, no, 1.0)

        def error(received):
            x = self.networks.pixels(received, variance, *inputs)
            height, width = tf.unstack(tf.shape(target)[1:3])
            return tf.reduce_sum((x[:, :height, :width] - target) ** 2)

        def step(done, s):
            noise = kept * tf.sqrt(no) * _noise(done, tf.shape(s))
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(s)
                loss = error(s + noise)
            gradient = kept * tape.gradient(loss, s)
            s = s - STEP * _of_unit_power(gradient, kept)
            return done + 1, _of_unit_power(s, kept)

        return tf.while_loop(lambda done, _: done < steps, step, (0, s))[1]


def _noise(step, shape):
    """Noise of unit variance; odd steps negate that of the step before."""
    count = tf.reduce_prod(tf.cast(shape, tf.int64))
    start = tf.cast(step // 2, tf.int64) * count
    course = Course(tf.constant(seed_of(0, "refinement"), tf.int64))
    drawn = course.normal("noise", tf.stack([1, count]), start)
    sign = tf.cast(1 - 2 * (step % 2), tf.float32)
    return sign * tf.reshape(drawn, shape)


def _of_unit_power(s, kept):
    """Scale to a mean power of one over the latents sent."""
    return tf.math.l2_normalize(s) * tf.sqrt(tf.reduce_sum(kept))
