"""The networks together: steps, maps, and the linear code that training starts at."""

import keras
import numpy as np
import pytest
from keras import ops

from blocks.nn.base_layer import base_picture, base_values
from blocks.nn.codec import (
    COARSEST,
    FINEST,
    MULTIPLE,
    log_gain,
    quantiser_step,
    state,
)
from blocks.nn.entropy import SCALES, scale_index
from blocks.nn.jscc import LEVELS

EPS = float(np.finfo(np.float32).eps)
CHANNELS = 32


@pytest.fixture(scope="module")
def pictures(noise_pictures):
    """Pictures and their base layer : [2, 64, 96, 3] each."""
    x = noise_pictures[:2]
    return x, base_picture(base_values(x)).numpy()


def blocks_of(x):
    """Pixels of 16x16 blocks in order row, column, channel : [B, h, w, 768]."""
    batch, height, width, _ = x.shape
    x = np.asarray(x, float).reshape(batch, height // 16, 16, width // 16, 16, 3)
    return x.swapaxes(2, 3).reshape(batch, height // 16, width // 16, 768)


def latents(seed=1):
    draw = np.random.default_rng(seed)
    return draw.normal(size=(2, 4, 6, CHANNELS)).astype(np.float32)


def test_gain_is_one_over_the_step():
    quality = np.array([0, 0.5, 1])
    step = quantiser_step(quality)
    np.testing.assert_allclose(step[[0, 2]], [COARSEST, FINEST])
    assert step[1] ** 2 == pytest.approx(COARSEST * FINEST)
    np.testing.assert_allclose(np.exp(log_gain(quality)).ravel(), 1 / step)
    assert log_gain(quality).shape == (3, 1, 1, 1)


def test_analysis_is_the_transform_at_the_start(tiny_codec, klt, pictures):
    x, base = pictures
    expected = blocks_of(x - base) @ klt["basis"][:, :CHANNELS]
    y = tiny_codec.analysis(x, base)
    assert y.shape == (2, 4, 6, CHANNELS)
    np.testing.assert_allclose(y, expected, rtol=0, atol=768 * EPS)
    np.testing.assert_array_equal(tiny_codec.analysis.linear_only(x, base), y)


def test_synthesis_undoes_analysis_but_for_what_is_truncated(tiny_codec, klt, pictures):
    x, base = pictures
    y = tiny_codec.analysis(x, base)
    back = tiny_codec.synthesise(y, 0 * y, np.zeros((2, 1, 1, 1), "f"), base)
    rest, basis = blocks_of(x - base), klt["basis"][:, :CHANNELS]
    error = blocks_of(np.asarray(back, float) - x)
    expected = rest @ basis @ basis.T - rest
    np.testing.assert_allclose(error, expected, rtol=0, atol=768 * EPS)
    truncated = np.sum(rest**2) - np.sum(np.asarray(y, float) ** 2)
    assert np.sum(error**2) == pytest.approx(truncated, rel=768 * EPS)


def test_gains_are_undone_at_the_receiver(tiny_codec, pictures):
    x, base = pictures
    gain = log_gain(np.float32([0.1, 0.8]))
    y = tiny_codec.analysis(x, base)
    plain = tiny_codec.synthesise(y, 0 * y, 0 * gain, base)
    steps = tiny_codec.synthesise(y * np.exp(gain), 0 * y, gain, base)
    np.testing.assert_allclose(steps, plain, rtol=0, atol=768 * EPS)


def test_prior_is_that_of_the_class_at_the_start(tiny_codec):
    rng = np.random.default_rng(0)
    z_hat = np.round(3 * rng.normal(size=(2, 2, 3, 8))).astype(np.float32)
    index = rng.integers(0, 8, (2, 4, 6))
    gain = log_gain(np.float32([0, 1]))
    mu, log_sigma = tiny_codec.deviations(index, z_hat, gain)
    assert not np.any(mu)
    deviation = np.exp(np.asarray(tiny_codec.classes.log_deviation))[index]
    steps = np.array([COARSEST, FINEST])[:, None, None, None]
    expected = np.log(deviation / steps)
    np.testing.assert_allclose(log_sigma, expected, rtol=0, atol=32 * EPS)


def test_deviations_of_the_start_are_those_of_pictures(tiny_codec, klt, noise_pictures):
    base = base_picture(base_values(noise_pictures)).numpy()
    y = blocks_of(noise_pictures - base) @ klt["basis"][:, :CHANNELS]
    variance = np.exp(2 * np.asarray(tiny_codec.classes.log_deviation, float))
    share = np.exp(np.asarray(tiny_codec.classes.log_share, float))
    mean = share @ variance / share.sum()
    assert mean == pytest.approx((y.reshape(-1, CHANNELS) ** 2).mean(axis=0), rel=0.1)


def test_maps_follow_from_deviations(tiny_codec):
    mu = ops.convert_to_tensor(latents())
    log_sigma = ops.convert_to_tensor(2 * latents(seed=2))
    eta = np.float32([0.1, 0.4])
    side = tiny_codec.side(mu, log_sigma, eta)
    np.testing.assert_array_equal(side.mu, mu)
    index = scale_index(log_sigma).numpy()
    np.testing.assert_array_equal(side.sigma, np.float32(SCALES)[index])
    count = np.array(LEVELS)[side.level.numpy()]
    np.testing.assert_array_equal(side.kept.numpy().sum(axis=-1), count)
    wanted = side.entropy.numpy() * eta[:, None, None]
    assert wanted.shape == (2, 4, 6)
    assert np.all(np.abs(count - wanted) <= 4 + np.maximum(wanted - CHANNELS, 0))
    assert count[1].mean() > count[0].mean()


def test_networks_matter_once_they_are_trained(trained_codec, pictures):
    x, base = pictures
    y = trained_codec.analysis(x, base)
    linear = trained_codec.analysis.linear_only(x, base)
    assert np.any(np.abs(y - linear) > 1e-3)
    zero = np.zeros((2, 1, 1, 1), "f")
    precise, vague = (
        trained_codec.synthesise(y, np.full_like(y, e), zero, base).numpy()
        for e in (-3, 1)
    )
    assert np.any(np.abs(precise - vague) > 1e-3)


def test_state_is_about_unit_range():
    found = state(np.float32([0, 1]), np.float32([0, 20]), np.float32([10, 5]))
    np.testing.assert_allclose(found, [[0, -1, 0], [1, 1, -0.5]])


def test_sides_are_filled_up_to_positions_of_z_and_of_the_base_layer():
    assert MULTIPLE == 32


def derived(policy: str, klt, x, base) -> list[np.ndarray]:
    """Maps of both ends, under a dtype policy for the other networks."""
    from blocks.nn.profiles import make_codec, start_at_klt

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        codec = make_codec("tiny")
        start_at_klt(codec, klt, x)
        for part in (codec.hyper_synthesis, codec.hyper_analysis):
            for variable in part.trainable_variables:
                variable.assign(np.full(variable.shape, 0.03, np.float32))
        y, gain = codec.analysis(x, base), log_gain(np.float32([0.5, 0.5]))
        index, z = codec.summarise(y, y, gain)
        z_hat = np.ones((2, 2, 3, 8), "f")
        return [y, z, *codec.deviations(index, z_hat, gain)]
    finally:
        keras.config.set_dtype_policy(before)


def test_reduced_precision_leaves_what_both_ends_derive(klt, pictures):
    full = derived("float32", klt, *pictures)
    reduced = derived("mixed_bfloat16", klt, *pictures)
    for expected, found in zip(full, reduced, strict=True):
        assert found.dtype == "float32"
        np.testing.assert_array_equal(found, expected)
