"""Hyper-transforms: shapes, the prior that they start from, and their precision."""

import numpy as np
import pytest

from blocks.nn.hyperprior import STRIDE, HyperAnalysis, HyperSynthesis

WIDTH, CHANNELS, HYPER = 12, 10, 6


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def make_synthesis(dtype="float32"):
    synthesis = HyperSynthesis(WIDTH, CHANNELS, dtype=dtype)
    synthesis.build((None, None, None, HYPER))
    return synthesis


def randomised(layer, seed=1):
    for number, variable in enumerate(layer.variables):
        variable.assign(0.3 * draw(*variable.shape, seed=seed + number))
    return layer


@pytest.mark.parametrize(("height", "width"), [(2, 2), (4, 10), (8, 6)])
def test_shapes(height, width):
    analysis = HyperAnalysis(WIDTH, HYPER)
    analysis.build((None, None, None, CHANNELS))
    z = analysis(draw(3, height, width, CHANNELS))
    assert z.shape == (3, height // STRIDE, width // STRIDE, HYPER)
    mu, log_sigma = make_synthesis()(z)
    assert mu.shape == log_sigma.shape == (3, height, width, CHANNELS)


def test_it_starts_at_the_prior():
    mu, log_sigma = make_synthesis()(5 * draw(1, 3, 4, HYPER))
    assert not np.any(mu)
    assert not np.any(log_sigma)


def test_summary_is_of_sign_and_magnitude():
    analysis = HyperAnalysis(WIDTH, HYPER)
    analysis.build((None, None, None, CHANNELS))
    y = draw(1, 4, 4, CHANNELS)
    plain = analysis(y).numpy()
    assert np.any(analysis(-y).numpy() != plain)
    assert np.any(analysis(100 * y).numpy() != plain)
    # a logarithmic scale: strong latents do not blow it up
    assert np.abs(analysis(1e4 * y).numpy()).max() < 20 * np.abs(plain).max()


def test_a_position_of_z_stands_for_those_of_y_above_it():
    synthesis = randomised(make_synthesis())
    z = draw(1, 6, 6, HYPER)
    other = z.copy()
    other[0, 0, 0] += 1
    changed = np.any(synthesis(other)[1].numpy() != synthesis(z)[1].numpy(), axis=-1)
    assert changed[0, :STRIDE, :STRIDE].all()
    # two convolutions of 3x3, before and after the resolution doubles
    assert not changed[0, 2 * STRIDE + 1 :].any()
    assert not changed[0, :, 2 * STRIDE + 1 :].any()


def test_double_precision_agrees_with_single():
    single, double = randomised(make_synthesis()), make_synthesis("float64")
    double.set_weights(single.get_weights())
    z = np.round(5 * draw(1, 3, 4, HYPER))
    exact = double(z.astype(np.float64))
    eps, terms = np.finfo(np.float32).eps, 9 * WIDTH
    for rounded, value in zip(single(z), exact, strict=True):
        assert value.dtype == "float64"
        scale = np.abs(value).max()
        np.testing.assert_allclose(rounded, value, rtol=0, atol=terms * eps * scale)
        assert np.any(np.asarray(rounded) != np.asarray(value))
