"""Weights that a run starts at: the same networks', or smaller ones', exactly."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from blocks.nn.base_layer import base_picture, base_values
from blocks.nn.codec import log_gain
from blocks.nn.profiles import PROFILES, make_codec, start_at_klt
from blocks.nn.weights import named_variables, write_weights
from experiments.training.start import read_start

WIDTH = 6  # of a context
IMAGES = np.float32(np.random.default_rng(4).uniform(size=(4, 64, 64, 3)))


@pytest.fixture
def taller(monkeypatch):
    """Name of a profile that is ``tiny`` with more blocks."""
    depths = {"analysis_depths": (1, 3, 3), "synthesis_depths": (2, 1, 4)}
    monkeypatch.setitem(PROFILES, "taller", PROFILES["tiny"]._replace(**depths))
    return "taller"


@pytest.fixture
def start(trained_codec, tmp_path):
    path = tmp_path / "model.weights.h5"
    write_weights(path, trained_codec, "float32")
    return path


def added(codec, smaller):
    """The blocks that a smaller codec lacks."""
    names, held = named_variables(codec), named_variables(smaller)
    new = {id(variable) for name, variable in names.items() if name not in held}
    return [b for b in codec.blocks if all(id(v) in new for v in b.weights)]


def picture(codec, x):
    """Latents of x, and the picture that the synthesis makes of them."""
    gain, base = log_gain(np.float32([0.5] * len(x))), base_picture(base_values(x))
    tokens = codec.tokens(np.zeros((len(x), codec.profile.context), np.float32))
    y = codec.analysis(x, base) * ops.exp(gain)
    return y, codec.synthesise(y, ops.zeros_like(y), gain, base, tokens)


def same(one, other, x):
    for a, b in zip(picture(one, x), picture(other, x), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_more_blocks_change_nothing_at_first(
    taller, start, trained_codec, noise_pictures
):
    keras.utils.set_random_seed(5)
    codec = make_codec(taller)
    read_start(start, codec, IMAGES)
    assert len(added(codec, trained_codec)) == 2 + 1 + 1 + 2
    same(codec, trained_codec, noise_pictures)


@pytest.mark.slow
def test_every_new_block_can_learn(taller, start, trained_codec):
    codec = make_codec(taller)
    read_start(start, codec, IMAGES)
    rng = np.random.default_rng(0)
    for block in added(codec, trained_codec):
        width = block.trainable_variables[-1].shape[-1]
        x, wanted = rng.normal(size=(2, 1, 8, 8, width)).astype(np.float32)
        with tf.GradientTape() as tape:
            given = block(x)
            loss = ops.sum((given - wanted) ** 2)
        np.testing.assert_array_equal(given, x)
        gradients = tape.gradient(loss, [v.value for v in block.trainable_variables])
        assert any(np.any(np.asarray(g)) for g in gradients if g is not None)


@pytest.mark.slow
def test_blocks_and_a_context_at_once(taller, start, trained_codec, noise_pictures):
    codec = make_codec(taller, WIDTH)
    read_start(start, codec, IMAGES)
    taken = named_variables(codec)
    for name, theirs in named_variables(trained_codec).items():
        np.testing.assert_array_equal(taken[name], theirs)


@pytest.mark.slow
def test_the_same_networks_start_as_they_were(start, trained_codec):
    codec = make_codec("tiny")
    read_start(start, codec, IMAGES)
    for mine, theirs in zip(codec.variables, trained_codec.variables, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.slow
def test_fewer_blocks_than_the_start_has_are_refused(taller, tmp_path):
    write_weights(tmp_path / "tall.h5", make_codec(taller))
    with pytest.raises(
        ValueError, match=r"^start must be weights of .*tall.h5, which differs in "
    ):
        read_start(tmp_path / "tall.h5", make_codec("tiny"), IMAGES)


@pytest.fixture
def wider(monkeypatch):
    """Name of a profile that is ``tiny`` with more latents of a position."""
    monkeypatch.setitem(PROFILES, "wider", PROFILES["tiny"]._replace(channels=64))
    return "wider"


def test_more_latents_start_at_the_linear_code(
    wider, start, trained_codec, noise_pictures, klt
):
    """Old latents are as they were; new ones carry what the KLT has beyond them."""
    codec = make_codec(wider)
    start_at_klt(codec, klt, IMAGES)
    read_start(start, codec, IMAGES)
    old, _ = picture(trained_codec, noise_pictures)
    new, _ = picture(codec, noise_pictures)
    np.testing.assert_allclose(new[..., :32], old, rtol=1e-4, atol=1e-4)
    base = base_picture(base_values(noise_pictures))
    linear = codec.analysis.linear_only(noise_pictures, base)
    gain = np.exp(log_gain(np.float32([0.5] * len(noise_pictures))))
    np.testing.assert_allclose(new[..., 32:], gain * linear[..., 32:], rtol=1e-4)
    error, less = (
        np.mean((c.synthesis.linear_only(y / gain, base) - noise_pictures) ** 2)
        for c, y in ((trained_codec, old), (codec, new))
    )
    assert less < error


@pytest.mark.slow
def test_deviations_of_new_latents_are_those_in_their_class(
    wider, start, trained_codec, klt
):
    codec = make_codec(wider)
    start_at_klt(codec, klt, IMAGES)
    read_start(start, codec, IMAGES)
    base = base_picture(base_values(IMAGES))
    y = np.asarray(codec.analysis.linear_only(IMAGES, base))
    found = np.exp(np.asarray(codec.classes.log_deviation))[:, 32:]
    np.testing.assert_array_equal(
        codec.classes.log_deviation[:, :32], trained_codec.classes.log_deviation
    )
    # about the deviations of all positions, since classes are chosen on noise
    overall = np.sqrt((y[..., 32:] ** 2).mean(axis=(0, 1, 2)))
    assert np.all((found / overall > 0.3) & (found / overall < 3))
