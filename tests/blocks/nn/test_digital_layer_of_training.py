"""The digital layer of training, against that of the link."""

import numpy as np
import pytest
import tensorflow as tf

from blocks.learned.digital_layer import layer_of
from blocks.nn.codec import Side, noise_variance
from blocks.nn.digital_layer import TABLE, digital_layer
from blocks.nn.entropy import SCALES
from blocks.phy import hybrid
from blocks.phy.mcs import SCHEMES
from experiments.fitting.digital_table import make_table

SHAPE = (1, 16, 24, 64)
SNRS = (4.0, 10.0, 20.0)


@pytest.fixture
def latents():
    """Gaussian latents and maps, decaying as those of photos do : y, side, index."""
    rng = np.random.default_rng(3)
    log2 = rng.exponential(1.6, SHAPE) - 4
    index = np.abs(np.log(SCALES) - log2[..., None] * np.log(2)).argmin(axis=-1)
    sigma = np.float32(SCALES[index])
    y = np.float32(sigma * rng.standard_normal(SHAPE))
    kept = np.float32(sigma > 0.5)
    entropy = np.zeros(SHAPE[:3], np.float32)
    side = Side(0 * y, sigma, entropy, np.int32(entropy), kept)
    return y, side, index


def layered(y, side, snr_db, has_layer=1.0):
    one = np.ones(1, np.float32)
    tensors = Side(*map(tf.constant, side))
    return digital_layer(tf.constant(y), tensors, snr_db * one, has_layer * one)


@pytest.mark.parametrize("snr_db", SNRS)
def test_it_does_about_what_the_link_does(latents, snr_db):
    y, side, index = latents
    found, uses = layered(y, side, snr_db)
    link = layer_of(y, index, side.kept, noise_variance(snr_db), snr_db)
    analog, digital = found.kept.numpy() > 0, np.any(found.mu != side.mu)
    assert digital
    assert np.mean(analog == link.by.analog) > 0.95
    efficiency = SCHEMES[link.fields["payload_mcs"]].efficiency
    assert float(uses[0]) == pytest.approx(link.num_bits / efficiency, rel=0.15)
    left = np.where(link.by.digital, link.by.sigma, side.sigma)
    assert np.median(np.abs(np.log(found.sigma.numpy() / left))) < 0.05
    error = y - side.mu - hybrid.reconstruct(link.values, link.by)
    assert np.mean((y - found.mu) ** 2) == pytest.approx(np.mean(error**2), rel=0.15)


def test_without_it_nothing_changes(latents):
    y, side, _ = latents
    found, uses = layered(y, side, 10.0, has_layer=0.0)
    for mine, theirs in zip(found, side, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert float(uses[0]) == 0


def test_latents_in_bits_alone_pass_their_gradient(latents):
    y, side, _ = latents
    y, one = tf.constant(y), np.ones(1, np.float32)
    with tf.GradientTape() as tape:
        tape.watch(y)
        found, _ = digital_layer(y, Side(*map(tf.constant, side)), 20 * one, one)
        total = tf.reduce_sum(found.mu)
    gradient = tape.gradient(total, y).numpy()
    alone = (found.kept.numpy() < side.kept) | ((gradient != 0) & (side.kept == 0))
    assert 0 < alone.mean() < 0.5
    np.testing.assert_allclose(gradient, alone.astype(np.float32), atol=1e-6)


def test_the_shipped_table_is_what_the_command_makes():
    with np.load(TABLE) as file:
        for name, values in make_table()._asdict().items():
            np.testing.assert_allclose(file[name], values, rtol=1e-5)
