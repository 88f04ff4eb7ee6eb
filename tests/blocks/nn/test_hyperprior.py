"""Hyper-transforms: shapes, the prior that they start from, and their precision."""

import numpy as np
import pytest

from blocks.nn.hyperprior import STRIDE, HyperAnalysis, HyperSynthesis

WIDTH, CHANNELS, HYPER, CLASSES = 12, 10, 6, 3


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def make_synthesis(dtype="float32"):
    synthesis = HyperSynthesis(WIDTH, CHANNELS, CLASSES, dtype=dtype)
    synthesis.build((None, None, None, HYPER))
    return synthesis


def given(z, seed=3):
    """Further inputs beside a hyper-latent: classes and gains."""
    batch, height, width, _ = z.shape
    shape = batch, STRIDE * height, STRIDE * width
    index = np.random.default_rng(seed).integers(0, CLASSES, shape)
    return z, index, np.ones((batch, 1, 1, 1), z.dtype)


def randomised(layer, seed=1):
    for number, variable in enumerate(layer.variables):
        variable.assign(0.3 * draw(*variable.shape, seed=seed + number))
    return layer


@pytest.mark.parametrize(("height", "width"), [(2, 2), (4, 10), (8, 6)])
def test_shapes(height, width):
    analysis = HyperAnalysis(WIDTH, HYPER)
    analysis.build((None, None, None, CHANNELS))
    y = draw(3, height, width, CHANNELS)
    z = analysis(y, 2 * y)
    assert z.shape == (3, height // STRIDE, width // STRIDE, HYPER)
    mu, log_sigma = make_synthesis()(*given(z.numpy()))
    assert mu.shape == log_sigma.shape == (3, height, width, CHANNELS)


def test_it_starts_at_the_prior():
    mu, log_sigma = make_synthesis()(*given(5 * draw(1, 3, 4, HYPER)))
    assert not np.any(mu)
    assert not np.any(log_sigma)


def test_it_says_nothing_at_the_start():
    analysis = HyperAnalysis(WIDTH, HYPER)
    analysis.build((None, None, None, CHANNELS))
    y = draw(1, 4, 4, CHANNELS)
    assert not np.any(analysis(y, y))


def test_summary_is_of_sign_and_magnitude():
    analysis = HyperAnalysis(WIDTH, HYPER)
    analysis.build((None, None, None, CHANNELS))
    analysis = randomised(analysis)
    y = draw(1, 4, 4, CHANNELS)
    plain = analysis(y, y).numpy()
    assert np.any(analysis(-y, y).numpy() != plain)
    assert np.any(analysis(y, -y).numpy() != plain)
    assert np.any(analysis(y, 100 * y).numpy() != plain)
    # a logarithmic scale: strong latents do not blow it up
    strong = analysis(1e4 * y, 1e4 * y).numpy()
    assert np.abs(strong).max() < 20 * np.abs(plain).max()


def test_a_position_of_z_stands_for_those_of_y_above_it():
    synthesis = randomised(make_synthesis())
    z = draw(1, 6, 6, HYPER)
    other = z.copy()
    other[0, 0, 0] += 1
    before, after = (synthesis(*given(v))[1].numpy() for v in (z, other))
    changed = np.any(before != after, axis=-1)
    assert changed[0, :STRIDE, :STRIDE].all()
    # two convolutions of 3x3, before and after the resolution doubles
    assert not changed[0, 2 * STRIDE + 1 :].any()
    assert not changed[0, :, 2 * STRIDE + 1 :].any()


def test_classes_and_gain_count():
    synthesis = randomised(make_synthesis())
    z, index, gain = given(draw(1, 3, 4, HYPER))
    plain = synthesis(z, index, gain)[1].numpy()
    other = index.copy()
    other[0, 0, 0] = (other[0, 0, 0] + 1) % CLASSES
    changed = np.any(synthesis(z, other, gain)[1].numpy() != plain, axis=-1)
    # one convolution of 3x3 sees it
    assert changed[0, :2, :2].all()
    assert changed.sum() == 4
    assert np.all(synthesis(z, index, 2 * gain)[1].numpy() != plain)


def test_double_precision_agrees_with_single():
    single, double = randomised(make_synthesis()), make_synthesis("float64")
    double.set_weights(single.get_weights())
    z = np.round(5 * draw(1, 3, 4, HYPER))
    exact = double(*given(z.astype(np.float64)))
    eps, terms = np.finfo(np.float32).eps, 9 * WIDTH
    for rounded, value in zip(single(*given(z)), exact, strict=True):
        assert value.dtype == "float64"
        scale = np.abs(value).max()
        np.testing.assert_allclose(rounded, value, rtol=0, atol=terms * eps * scale)
        assert np.any(np.asarray(rounded) != np.asarray(value))
