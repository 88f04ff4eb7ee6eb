"""Training twins against their originals, and what gradients pass through them."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy import stats

from channels import rayleigh as originals
from channels.awgn import Awgn
from channels.nn.awgn import awgn
from channels.nn.rayleigh import rayleigh
from semlink.compiled_channel import compiled_channel
from semlink.rng import Course

# of a test at a fixed seed; a wrong distribution of so many samples gives 1e-20
SIGNIFICANCE = 1e-4
EPS = np.finfo(np.float32).eps
COUNT = 20_000
TWINS = {"awgn": (awgn, Awgn), "rayleigh": (rayleigh, lambda: originals.build(1))}

names = pytest.mark.parametrize("name", TWINS)
snrs = pytest.mark.parametrize("snr_db", [-3.0, 10.0])


def symbols(batch=2):
    """QPSK: unit energy, and nothing that noise could be mistaken for."""
    bits = np.random.default_rng(0).integers(0, 2, (batch, COUNT // batch, 2))
    return ((2 * bits - 1) * np.sqrt(0.5)).astype(np.float32)


def through_twin(name, x, no, seed=1):
    """Received [B, k, 2] and its noise variance [B, k]."""
    seed = keras.random.SeedGenerator(seed)
    return TWINS[name][0](ops.convert_to_tensor(x), ops.convert_to_tensor(no), seed)


def through_original(name, x, snr_db):
    channel = compiled_channel(TWINS[name][1]())
    x = np.ascontiguousarray(x).view(np.complex64)[..., 0]
    rx = channel(x, np.float32(snr_db), Course(1))
    x_hat = np.asarray(rx.x_hat)
    return np.stack([x_hat.real, x_hat.imag], axis=-1), np.asarray(rx.no)


def noises(name, snr_db):
    """Noise and its variance, of twin and original: [n, 2] and [n] each."""
    x = symbols()
    no = np.full(len(x), 10 ** (-snr_db / 10), np.float32)
    for x_hat, no_hat in (through_twin(name, x, no), through_original(name, x, snr_db)):
        assert np.shape(no_hat) == x.shape[:2]
        yield np.reshape(x_hat - x, (-1, 2)), np.reshape(no_hat, -1)


def alike(a, b) -> bool:
    return stats.ks_2samp(a, b).pvalue > SIGNIFICANCE


@names
@snrs
def test_noise_is_that_of_the_original(name, snr_db):
    (twin, _), (original, _) = noises(name, snr_db)
    for dimension in (0, 1):
        assert alike(twin[:, dimension], original[:, dimension])
    assert alike(np.hypot(*twin.T), np.hypot(*original.T))
    angle = np.arctan2(*twin.T) / (2 * np.pi) + 0.5
    assert stats.kstest(angle, "uniform").pvalue > SIGNIFICANCE


@names
@snrs
def test_effective_noise_is_that_of_the_original(name, snr_db):
    (_, twin), (_, original) = noises(name, snr_db)
    if name == "awgn":
        np.testing.assert_allclose(twin, original, rtol=4 * EPS)
    else:
        assert alike(twin, original)
        # the noise that fading of exponential power leaves
        power = 10 ** (-snr_db / 10) / twin
        assert stats.kstest(power, "expon").pvalue > SIGNIFICANCE


@names
def test_noise_has_the_variance_that_the_receiver_is_told(name):
    for noise, no in noises(name, 5.0):
        standard = noise / np.sqrt(no / 2)[:, None]
        assert stats.kstest(standard.reshape(-1), "norm").pvalue > SIGNIFICANCE


@names
def test_every_symbol_and_call_has_its_own_noise(name):
    x, no = symbols(), np.float32([0.1, 0.1])
    seed = keras.random.SeedGenerator(1)
    first, again = (TWINS[name][0](x, no, seed)[0] - x for _ in range(2))
    first, again = np.reshape(first, -1), np.reshape(again, -1)
    half = len(first) // 2
    pairs = [(first, again), (first[::2], first[1::2]), (first[:half], first[half:])]
    limit = stats.norm.isf(SIGNIFICANCE) / np.sqrt(half)
    for a, b in pairs:
        assert abs(stats.spearmanr(a, b).statistic) < limit
    same = through_twin(name, x, no)[0] - x
    np.testing.assert_array_equal(np.reshape(same, -1), first)


@names
def test_each_image_has_its_own_noise_variance(name):
    x, no = symbols(), np.float32([0.01, 1.0])
    noise = np.asarray(through_twin(name, x, no)[0]) - x
    scaled = noise / np.sqrt(no / 2)[:, None, None]
    assert alike(scaled[0].reshape(-1), scaled[1].reshape(-1))


@names
def test_gradient_passes_as_if_noise_were_constant(name):
    tf = pytest.importorskip("tensorflow")
    x, no = tf.constant(symbols()[:, :50]), tf.constant([0.1, 0.5])
    weight = np.random.default_rng(1).normal(size=x.shape).astype(np.float32)
    with tf.GradientTape() as tape:
        tape.watch([x, no])
        x_hat, no_hat = TWINS[name][0](x, no, keras.random.SeedGenerator(1))
        value = tf.reduce_sum(weight * x_hat) + 0 * tf.reduce_sum(no_hat)
    of_symbols, of_noise = tape.gradient(value, [x, no])
    np.testing.assert_array_equal(of_symbols, weight)
    # noise grows with the root of its variance
    share = np.sum(weight * (x_hat - x), axis=(1, 2)) / (2 * no.numpy())
    error = 100 * EPS * np.abs(weight).sum()  # of a sum of as many
    np.testing.assert_allclose(of_noise, share, rtol=0, atol=error)
