"""The agent's environment: the link's codec, and the outcome of actions."""

import numpy as np
import pytest
import tensorflow as tf

from blocks.learned.inference import Networks
from blocks.nn import policy
from blocks.nn.jscc import LEVELS
from experiments.policies.environment import (
    DECIBELS,
    Conditions,
    Environment,
    block_fading_db,
)

QUALITY, ETA, SNR_DB = 0.7, 0.8, 8.0
SHAPE = (2, 8, 12)


@pytest.fixture
def environment(tiny_codec):
    return Environment(tiny_codec)


@pytest.fixture
def pictures(noise_pictures):
    images = np.tile(noise_pictures[:2], (1, 2, 2, 1))
    return np.round(255 * np.clip(images, 0, 1)).astype(np.uint8)


def reset(environment, pictures, *, fading_db=None, seed=3, snr_db=SNR_DB, weight=1):
    flat = np.zeros(SHAPE, np.float32)
    fading_db = flat if fading_db is None else fading_db
    values = map(np.float32, (QUALITY, ETA, snr_db))
    at = Conditions(*values, fading_db, np.float32(weight))
    context = np.zeros((2, 0), np.float32)
    return environment.reset(tf.constant(pictures), context, at, (seed, seed))


def test_presets_are_those_of_the_link(environment, pictures, tiny_codec):
    scene, networks = reset(environment, pictures), Networks(tiny_codec)
    for i, picture in enumerate(pictures):
        summary = networks.summarise(networks.analyse(picture), QUALITY)
        statistics = networks.statistics(summary, QUALITY)
        # one in double precision, the other not
        close = np.isclose(scene.of.entropy[i], statistics.entropy[0], rtol=1e-3)
        assert close.mean() > 0.95
        same = scene.level[i] == networks.levels(statistics.entropy, ETA)[0]
        assert np.mean(same) > 0.95


def test_the_neutral_action_is_the_preset(environment, pictures):
    scene = reset(environment, pictures)
    neutral = environment.step(scene, tf.fill(SHAPE, policy.NEUTRAL))
    np.testing.assert_allclose(neutral.error, scene.preset.error, rtol=1e-5)
    dimensions = np.take(LEVELS, scene.level)
    np.testing.assert_array_equal(neutral.dimensions, dimensions)


@pytest.mark.slow
def test_importance_weights_the_errors(environment, pictures):
    plain, weight = reset(environment, pictures), np.ones(SHAPE, np.float32)
    weight[:, 2:4, 3:7] = 16
    weighted = reset(environment, pictures, weight=weight)
    one, other = plain.preset, weighted.preset
    np.testing.assert_allclose(other.error, weight * one.error, rtol=1e-5)
    np.testing.assert_array_equal(other.dimensions, one.dimensions)
    assert np.all((weighted.share > plain.share)[weight > 1])


def test_errors_are_those_of_the_pixels(environment, pictures, tiny_codec):
    """Without noise, with all latents: what the basis of the linear code lacks."""
    scene = reset(environment, pictures, snr_db=90.0)
    error = environment.send(scene, tf.fill(SHAPE, LEVELS.index(32))).error
    energy = ((scene.x - scene.base).numpy() ** 2).reshape(2, 8, 16, 12, 16, 3)
    spanned = tiny_codec.analysis.linear_only(scene.x, scene.base).numpy() ** 2
    expected = energy.sum(axis=(2, 4, 5)) - spanned.sum(axis=-1)
    np.testing.assert_allclose(error, expected, rtol=0.02)


@pytest.mark.slow
def test_noise_is_that_of_its_seed_and_of_the_snr_map(environment, pictures):
    one = reset(environment, pictures).preset.error
    np.testing.assert_array_equal(one, reset(environment, pictures).preset.error)
    assert np.abs(one - reset(environment, pictures, seed=4).preset.error).max() > 0
    fading_db = np.zeros(SHAPE, np.float32)
    fading_db[:, :4] = -30
    faded = reset(environment, pictures, fading_db=fading_db)
    assert np.all(faded.snr_db[:, :4] == SNR_DB - 10)  # the weakest that is told
    assert faded.preset.error.numpy().mean() > one.numpy().mean()


@pytest.mark.slow
def test_more_power_is_worth_something(environment, pictures):
    scene = reset(environment, pictures, snr_db=0.0)
    louder = environment.send(scene, scene.level, 1.25)
    before, after = (o.error.numpy().mean(axis=(1, 2)) for o in (scene.preset, louder))
    worth = DECIBELS * np.log(before / after) / np.log(1.25)
    assert np.all(worth > 0)
    np.testing.assert_allclose(scene.power_db[:, 0, 0], worth, rtol=1e-3, atol=1e-3)


def test_fades_are_rayleigh_in_blocks():
    fading_db = block_fading_db(np.random.default_rng(0), (400, 8, 8), 16)
    gain = 10 ** (fading_db / 10)
    blocks = gain.reshape(400, 4, 16)
    assert np.ptp(blocks, axis=-1).max() == 0
    assert gain.mean() == pytest.approx(1, abs=3 / np.sqrt(1600))
    assert np.mean(gain < 0.1) == pytest.approx(1 - np.exp(-0.1), abs=0.03)
