"""Training objectives, and their gradients in the networks."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from blocks.nn.base_layer import base_picture, base_values
from blocks.nn.codec import log_gain, quantiser_step
from blocks.nn.entropy import SCALES, scale_index
from blocks.nn.jscc import allocate
from channels.nn.awgn import awgn
from channels.nn.rayleigh import rayleigh
from experiments.training.objective import (
    SIDE_WEIGHT,
    SLOPE,
    EntropyObjective,
    JointObjective,
    draw,
    noise_variance,
    quantised_part,
    straight_through_round,
    sum_of_image,
)

EPS = float(np.finfo(np.float32).eps)
BATCH, SIZE = 5, 64


def make_batch(**changes):
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (BATCH, 16, 16, 3), np.uint8)
    image = coarse.repeat(SIZE // 16, axis=1).repeat(SIZE // 16, axis=2)
    analog = {"layer": np.zeros(BATCH, np.float32)}
    columns = draw(rng, BATCH)._asdict() | analog | changes
    return {"image": image, **columns}


def tensors(batch):
    return {name: tf.convert_to_tensor(value) for name, value in batch.items()}


class Spy:
    """A noiseless channel that records its input."""

    def __call__(self, x, no, seed):
        self.sent, self.no = np.asarray(x), np.asarray(no)
        return x, no[:, None] * tf.ones_like(x[..., 0])


def gradients(objective, batch):
    """Gradient of the loss by name of variable."""
    variables = objective.trainable_variables
    batch = tensors(batch)
    with tf.GradientTape() as tape:
        loss = objective.compute_loss(batch, None, objective(batch))
    found = tape.gradient(loss, variables)
    assert np.isfinite(loss)
    return {v.path: g for v, g in zip(variables, found, strict=True)}


def values(gradient):
    return np.asarray(tf.convert_to_tensor(gradient))


def test_rounding_passes_the_gradient():
    x = tf.constant([-1.6, -0.5, 0.2, 0.5, 1.5, 7.9])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = straight_through_round(x)
        value = tf.reduce_sum(tf.constant([1.0, 2, 3, 4, 5, 6]) * y)
    np.testing.assert_allclose(y, np.round(x), atol=8 * EPS)
    np.testing.assert_array_equal(tape.gradient(value, x), [1, 2, 3, 4, 5, 6])


def test_small_parts():
    assert [quantised_part(n) for n in (1, 8, 9, 16)] == [1, 1, 2, 2]
    np.testing.assert_allclose(noise_variance(np.array([0, 10, 20])), [1, 0.1, 0.01])
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype(np.float32)
    np.testing.assert_allclose(sum_of_image(x), x.sum(axis=(1, 2, 3)), atol=60 * EPS)


@pytest.mark.parametrize("channel", [awgn, rayleigh])
def test_every_variable_of_the_joint_stage_learns(trained_codec, channel):
    found = gradients(JointObjective(trained_codec, channel), make_batch())
    for path, gradient in found.items():
        assert gradient is not None, path
        assert np.all(np.isfinite(values(gradient))), path
        assert np.any(values(gradient) != 0), path


@pytest.mark.slow
def test_gradients_are_finite_at_the_start_and_where_nothing_is_sent(tiny_codec):
    full = np.ones(BATCH, np.float32)
    for eta in (0.0, 0.3, 100.0):
        for snr_db in (0.0, 20.0):
            changes = {"eta": eta * full, "snr_db": snr_db * full}
            batch = make_batch(**changes, quality=np.float32([0, 0, 0.5, 1, 1]))
            found = gradients(JointObjective(tiny_codec, rayleigh), batch)
            for path, gradient in found.items():
                assert np.all(np.isfinite(values(gradient))), path


def test_entropy_stage_trains_what_entropy_is_of(trained_codec):
    found = gradients(EntropyObjective(trained_codec), make_batch())
    learning = {path for path, gradient in found.items() if gradient is not None}
    parts = ("hyper_analysis", "hyper_synthesis", "factorised_prior", "classes")
    expected = {path for path in found if any(part in path for part in parts)}
    assert learning == expected
    for path in learning:
        assert np.any(values(found[path]) != 0), path


@pytest.mark.slow
def test_first_step_stands_at_the_linear_code(tiny_codec, klt):
    """Over a noiseless channel, LMMSE shrinks the kept latents."""
    batch = make_batch()
    objective = JointObjective(tiny_codec, Spy())
    x, picture, _, _, uses = objective(tensors(batch))
    pixels, gain = objective.picture(tensors(batch))
    smooth = base_picture(base_values(pixels)).numpy()
    y = tiny_codec.analysis.linear_only(x, smooth) * np.exp(gain)
    classes = tiny_codec.classes.choose(y, gain).numpy()
    log_sigma = np.asarray(tiny_codec.classes.log_deviation)[classes] + gain
    index = scale_index(tf.convert_to_tensor(log_sigma)).numpy()
    sigma = np.float32(SCALES)[index]
    kept = tiny_codec.side(0 * y, log_sigma, batch["eta"]).kept.numpy()
    no, design = (noise_variance(batch[name]) for name in ("snr_db", "design_snr_db"))
    power = allocate(sigma, kept, design).numpy().astype(float)
    s = np.sqrt(power) * y / sigma
    mean = np.sum(s**2, axis=(1, 2, 3), keepdims=True)
    mean = mean / kept.sum(axis=(1, 2, 3), keepdims=True)
    noise = no[:, None, None, None] * mean
    y_hat = sigma * np.sqrt(power) / (power + noise) * s * kept
    expected = tiny_codec.synthesise(np.float32(y_hat), 0 * y, gain, smooth)
    np.testing.assert_allclose(picture, expected, rtol=0, atol=768 * 8 * EPS)
    np.testing.assert_array_equal(uses, kept.sum(axis=(1, 2, 3)) / 2)


def test_what_is_sent_has_the_power_of_the_convention(trained_codec):
    spy = Spy()
    *_, uses = JointObjective(trained_codec, spy)(tensors(make_batch()))
    energy = np.sum(spy.sent.astype(float) ** 2, axis=(1, 2))
    np.testing.assert_allclose(energy, uses, rtol=256 * EPS)


@pytest.mark.slow
def test_transmitter_knows_the_design_snr_alone(trained_codec):
    sent = []
    full = np.ones(BATCH, np.float32)
    for snr_db, design in ((3, 10), (17, 10), (17, 5)):
        spy = Spy()
        objective = JointObjective(trained_codec, spy)
        batch = make_batch(snr_db=snr_db * full, design_snr_db=design * full)
        objective(tensors(batch))
        np.testing.assert_allclose(spy.no, 10 ** (-snr_db / 10), rtol=8 * EPS)
        sent.append(spy.sent)
    np.testing.assert_array_equal(sent[0], sent[1])
    assert np.any(sent[2] != sent[1])


def test_receiver_has_noise_of_the_variance_that_it_is_told(tiny_codec):
    objective = JointObjective(tiny_codec, rayleigh)
    s = np.zeros((BATCH, 40, 40, 32), np.float32)
    no = np.float32([0.01, 0.1, 1, 2, 3])
    r, told = objective.through(tf.constant(s), tf.constant(no), side=None)
    ratio = (r.numpy() ** 2 / told.numpy()).reshape(BATCH, -1)
    # squares of normal values have a variance of two
    error = 4 * np.sqrt(2 / ratio.shape[1])
    np.testing.assert_allclose(ratio.mean(axis=1), 1, rtol=0, atol=error)


def test_loss_is_distortion_and_rate(trained_codec):
    objective, batch = JointObjective(trained_codec, awgn), tensors(make_batch())
    outputs = objective(batch)
    found = float(objective.compute_loss(batch, None, outputs))
    x, over, quantised, (bits_y, bits_z), _ = tf.nest.map_structure(
        lambda t: t.numpy().astype(float), outputs
    )
    step = quantiser_step(batch["quality"].numpy().astype(float))
    weight = (step / 0.4) ** 0.75
    error = np.sum((x - over) ** 2, axis=(1, 2, 3)) / (SLOPE * step**2)
    of_codec = np.sum((x[:1] - quantised) ** 2, axis=(1, 2, 3)) / (SLOPE * step**2)[:1]
    expected = np.mean(weight * (error + bits_y + SIDE_WEIGHT * bits_z))
    expected = (expected + np.mean(weight[:1] * of_codec) / 4) / SIZE**2
    assert found == pytest.approx(expected, rel=64 * EPS)


def test_distortion_of_the_linear_code_is_what_the_decoder_believes(tiny_codec):
    """The standard errors for the synthesis equal the measured ones."""
    objective = JointObjective(tiny_codec, awgn)
    rng, shape = np.random.default_rng(3), (BATCH, 12, 12, 32)
    index = rng.integers(0, 8, shape[:3])
    log_sigma = np.asarray(tiny_codec.classes.log_deviation)[index]
    log_sigma = log_sigma + log_gain(np.full(BATCH, 0.5, "f"))
    log_sigma = tf.convert_to_tensor(log_sigma)
    side = tiny_codec.side(tf.zeros(shape), log_sigma, np.full(BATCH, 0.3, "f"))
    y = rng.normal(0, side.sigma).astype(np.float32)
    y_hat, log_error, _ = objective.transmit(y, side, tensors(make_batch()), None)
    ratio = ((y_hat - y) ** 2 / np.exp(2 * log_error)).numpy()
    assert abs(ratio.mean() - 1) <= 3 * np.sqrt(2 / ratio.size)


@pytest.mark.slow
def test_noise_differs_from_step_to_step_and_not_from_run_to_run(tiny_codec):
    keras.utils.set_random_seed(1)
    first, again = (JointObjective(tiny_codec, awgn) for _ in range(2))
    batch = tensors(make_batch())
    a, b = first(batch)[1].numpy(), first(batch)[1].numpy()
    assert np.any(a != b)
    np.testing.assert_array_equal(again(batch)[1], a)
