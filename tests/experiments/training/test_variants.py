"""Variants of the shipped objective: each differs in one respect."""

import numpy as np
import tensorflow as tf

from blocks.nn.codec import Side, quantiser_step
from blocks.nn.jscc import LEVELS, power_of
from blocks.nn.profiles import make_codec
from blocks.tasks.structural_similarity import structural_similarity
from channels.nn.awgn import awgn
from experiments.training.objective import EMPHASIS
from experiments.training.variants import (
    OBJECTIVES,
    SIMILARITY_WORTH,
    PsnrMsSsimObjective,
    ms_ssim,
)

EPS = float(np.finfo(np.float32).eps)
SIZE = 176


def make(name: str):
    return OBJECTIVES[name](make_codec("tiny"), awgn)


def pictures(seed: int, size: int = SIZE) -> np.ndarray:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 216, (2, size // 8, size // 8, 3))
    return coarse.repeat(8, axis=1).repeat(8, axis=2).astype(np.uint8)


def noisy(image: np.ndarray, deviation: float) -> np.ndarray:
    noise = np.random.default_rng(9).normal(0, deviation, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def test_ms_ssim_is_that_of_the_results():
    a = pictures(0)
    b = noisy(a, 20)
    found = ms_ssim(*(tf.constant(x / 255, tf.float32) for x in (a, b)))
    wanted = [structural_similarity(x, y)[1] for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    assert max(wanted) < 0.99


def test_ms_ssim_of_a_crop_of_training_takes_fewer_scales():
    a = tf.constant(pictures(0, 128) / 255, tf.float32)
    b = tf.constant(noisy(pictures(0, 128), 20) / 255, tf.float32)
    np.testing.assert_allclose(ms_ssim(a, a), 1, atol=1e-5)
    assert np.all(ms_ssim(a, b) < 0.99)


def test_similarity_is_a_part_of_the_distortion():
    a, b = (tf.constant(x / 255, tf.float32) for x in (pictures(0), pictures(1)))
    error = tf.constant([1.0, 2.0])
    found = make("ms_ssim").distortion(error, a, b, None)
    wanted = error + SIMILARITY_WORTH * 3 * SIZE**2 * (1 - ms_ssim(a, b))
    np.testing.assert_allclose(found, wanted, rtol=8 * EPS)
    assert make("joint").distortion(error, a, b, None) is error


def test_decibels_count_the_same_in_each_picture_and_at_each_quality():
    a = tf.constant(pictures(0) / 255, tf.float32)
    objective, quality = make("psnr"), tf.constant([0.2, 0.8])
    worth = quantiser_step(quality) ** (EMPHASIS - 2)  # as the loss weighs distortion
    gains = []
    for error in ([4.0, 100.0], [4.4, 110.0]):
        gains.append(worth * objective.distortion(tf.constant(error), a, a, quality))
    np.testing.assert_allclose(*(gains[1] - gains[0]).numpy(), rtol=1e-3)


def test_decibels_and_similarity_together():
    a, b = (tf.constant(x / 255, tf.float32) for x in (pictures(0), pictures(1)))
    error, quality = tf.constant([1.0, 1.0]), tf.constant([0.5, 0.5])
    alone = make("psnr").distortion(error, a, b, quality)
    both = make("psnr_ms_ssim").distortion(error, a, b, quality)
    np.testing.assert_allclose(alone, 0, atol=EPS)
    typical = make("psnr").distortion(error * np.e, a, b, quality)
    wanted = PsnrMsSsimObjective.similarity * (1 - ms_ssim(a, b)) * typical
    np.testing.assert_allclose(both, wanted, rtol=1e-5)


def side_of_levels(channels: int = 8) -> Side:
    level = np.tile(np.arange(len(LEVELS), dtype=np.int32), (2, 2, 1))
    kept = np.ones((*level.shape, channels), np.float32)
    return Side(None, None, None, tf.constant(level), tf.constant(kept))


def test_power_by_level_keeps_the_mean_and_is_undone():
    objective, side = make("level_power"), side_of_levels()
    gains = np.linspace(-1, 1, len(LEVELS), dtype=np.float32)[:, None]
    objective._gain.set_weights([gains])
    sent = []

    def channel(x, no, seed):
        sent.append(x)
        return x, no[:, None] * tf.ones_like(x[..., 0])

    objective._channel = channel
    s = tf.random.stateless_normal(side.kept.shape, [1, 2])
    s = s / tf.sqrt(power_of(s, side.kept))
    r, noise = objective.through(s, tf.constant([0.1, 0.2]), side)
    np.testing.assert_allclose(r, s, rtol=64 * EPS)
    # symbols hold two dimensions: their power is one where that of a dimension is
    power = np.mean(np.sum(np.square(sent[0]), axis=-1), axis=-1)
    np.testing.assert_allclose(power, 1, rtol=1e-5)
    ratio = np.ravel(noise[0, 0, 0, 0] / noise[0, 0, -1, 0])
    np.testing.assert_allclose(ratio, np.exp(4), rtol=1e-5)


def test_power_by_level_begins_as_the_objective_that_ships():
    side, no = side_of_levels(), tf.constant([0.1, 0.2])
    s = tf.random.stateless_normal(side.kept.shape, [1, 2])
    s = s / tf.sqrt(power_of(s, side.kept))
    (r, noise), (wanted, over) = (
        make(name).through(s, no, side) for name in ("level_power", "joint")
    )
    np.testing.assert_allclose(r, wanted, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(noise, over, rtol=1e-5)
