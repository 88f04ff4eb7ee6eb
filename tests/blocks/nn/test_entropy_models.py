"""Bits of entropy models: valid probabilities, and a bound on coded length."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy import stats

from blocks.nn.entropy import (
    SCALES,
    SMALLEST_PROBABILITY,
    FactorisedPrior,
    entropies,
    gaussian_bits,
    scale_index,
)

EPS = float(np.finfo(np.float32).eps)
SIGNIFICANCE = 1e-4
SIGMAS = 4


def single(values):
    return ops.convert_to_tensor(values, "float32")


def bits_of(y, mu, sigma):
    # tensors: numpy would go on in double precision
    inputs = (single(np.broadcast_to(a, np.shape(y))) for a in (y, mu, sigma))
    return gaussian_bits(*inputs).numpy().astype(float)


def probability(y, mu, sigma):
    """Of an integer, with the precise side of the tails."""
    distance = np.abs(np.subtract(y, mu))
    upper, lower = (0.5 - distance) / sigma, (-0.5 - distance) / sigma
    return stats.norm.cdf(upper) - stats.norm.cdf(lower)


def empirical_entropy(values) -> float:
    _, count = np.unique(values, return_counts=True)
    share = count / len(values)
    return float(-share @ np.log2(share))


@pytest.mark.parametrize("sigma", np.float32(SCALES[::9]))
@pytest.mark.parametrize("mu", np.float32([0, 0.3, -2.5, 40]))
def test_gaussian_bits_are_those_of_scipy(mu, sigma):
    y = np.round(float(mu)) + np.arange(-60, 61)
    expected = probability(y, float(mu), float(sigma))
    upper = (0.5 - np.abs(y - float(mu))) / float(sigma)
    # an argument is off by its last bit, which its distribution passes on
    error = 8 * EPS * stats.norm.cdf(upper) * (1 + upper**2)
    found = 2 ** -bits_of(y, mu, sigma)
    floored = np.maximum(expected, SMALLEST_PROBABILITY)
    assert np.all(np.abs(found - floored) <= error + 64 * EPS * floored)


@pytest.mark.parametrize("sigma", SCALES[::7])
@pytest.mark.parametrize("mu", [0.0, 0.5, -7.3])
def test_gaussian_probabilities_sum_to_one(mu, sigma):
    reach = int(8 * sigma) + 10
    total = np.sum(2 ** -bits_of(np.arange(-reach, reach + 1), mu, sigma))
    assert abs(total - 1) <= (2 * reach + 1) * (SMALLEST_PROBABILITY + EPS)


@pytest.mark.parametrize("sigma", [0.3, 1.7, 12.0])
def test_gaussian_bits_are_no_less_than_the_entropy_of_what_is_coded(sigma):
    count = 40_000
    y = np.round(np.random.default_rng(1).normal(0.3, sigma, count))
    entropy, freedom = empirical_entropy(y), len(np.unique(y)) - 1

    def surprise(model):
        """P-value of the excess, which is chi-squared where the model is right."""
        excess = bits_of(y, 0.3, model).mean() - entropy
        assert excess >= -EPS * entropy
        return stats.chi2.sf(2 * count * np.log(2) * excess, freedom)

    assert surprise(sigma) > SIGNIFICANCE
    assert surprise(0.8 * sigma) < SIGNIFICANCE
    assert surprise(1.25 * sigma) < SIGNIFICANCE


@pytest.mark.parametrize("value", [0.0, 2.0])
def test_far_values_cost_bits_that_are_finite(value):
    far = bits_of(value + 1000, value, SCALES[0])
    assert far == pytest.approx(-np.log2(SMALLEST_PROBABILITY), rel=EPS)


def test_scale_index_is_the_nearest_entry_of_the_table():
    step = np.log(SCALES[1] / SCALES[0])
    log_sigma = np.random.default_rng(0).uniform(-4, 7, 5000).astype(np.float32)
    nearest = np.abs(log_sigma[:, None] - np.log(SCALES)).argmin(axis=1)
    halves = (log_sigma - np.log(SCALES[0])) / step % 1
    clear = np.abs(halves - 0.5) > 4 * len(SCALES) * EPS  # of where rounding tips
    assert clear.mean() > 0.99
    found = scale_index(single(log_sigma)).numpy()
    np.testing.assert_array_equal(found[clear], nearest[clear])
    of_table = scale_index(single(np.log(SCALES)))
    np.testing.assert_array_equal(of_table, range(len(SCALES)))
    edges = scale_index(single([-99, 99])).numpy()
    assert edges.tolist() == [0, len(SCALES) - 1]


def test_entropies_are_those_of_samples():
    draw = np.random.default_rng(3)
    for sigma, entropy in zip(SCALES, entropies(), strict=True):
        if sigma > 0.2:  # below, a sample has next to nothing but zeros
            y = np.round(draw.normal(0, sigma, 20_000))
            bits = -np.log2(probability(y, 0, sigma))
            error = bits.std(ddof=1) / np.sqrt(len(bits))
            assert abs(bits.mean() - entropy) <= SIGMAS * error


def test_entropies_of_narrow_values_are_sums():
    for sigma, entropy in zip(SCALES[:8], entropies(), strict=False):
        p = probability(np.arange(-3, 4), 0, sigma)
        assert entropy == pytest.approx(stats.entropy(p, base=2), rel=1e-9)


def test_entropies_are_differential_where_steps_are_fine():
    wide = SCALES > 4
    expected = np.log2(SCALES[wide] * np.sqrt(2 * np.pi * np.e))
    # the variance of a rounding error adds to that of the value
    correction = np.log2(1 + 1 / (12 * SCALES[wide] ** 2)) / 2
    error = np.abs(entropies()[wide] - expected)
    assert np.all(error <= correction)


def make_prior(channels: int = 2, seed: int | None = None) -> FactorisedPrior:
    prior = FactorisedPrior(channels)
    prior.build((None, channels))
    if seed is not None:
        draw = np.random.default_rng(seed)
        for variable in prior.trainable_variables:
            variable.assign(draw.normal(size=variable.shape).astype(np.float32))
    return prior


def test_prior_probabilities_sum_to_one():
    prior = make_prior(seed=4)
    z = np.repeat(np.arange(-150, 151, dtype=np.float32)[:, None], 2, axis=1)
    total = np.sum(2.0 ** -prior(single(z)).numpy(), axis=0)
    np.testing.assert_allclose(total, 1, atol=len(z) * (SMALLEST_PROBABILITY + EPS))


def test_prior_knows_its_mean():
    """The mean of rounded values, over all offsets of the quantiser."""
    prior, count = make_prior(seed=5), 16
    steps = np.arange(-150, 150)[:, None] + (np.arange(count) + 0.5) / count
    z = np.repeat(steps.reshape(-1, 1), 2, axis=1)
    p = 2.0 ** -prior(single(z)).numpy().astype(float)
    mean = np.sum(z * p, axis=0) / count
    lost = np.sum(np.abs(z), axis=0) / count * (SMALLEST_PROBABILITY + EPS / 8)
    assert np.all(np.abs(prior.mean() - mean) <= lost + 1e-4)


def test_prior_is_as_precise_above_its_centre_as_below():
    prior = make_prior()
    for name in ("_weight", "_centre"):
        getattr(prior, name).assign(np.zeros((3, 2), np.float32))
    far = single([[4.0, 4.0], [-4.0, -4.0]])
    above, below = prior(far).numpy()
    np.testing.assert_array_equal(above, below)
    assert above[0] > 20  # bits: half of a float32's digits


@pytest.mark.slow
def test_fitted_prior_is_no_less_than_the_entropy_of_what_is_coded():
    draw, count = np.random.default_rng(6), 4000
    of_sample = stats.logistic(loc=[1.5, -3.0], scale=[0.5, 2.0])
    z = np.round(of_sample.rvs((count, 2), random_state=draw)).astype(np.float32)
    entropy = np.array([empirical_entropy(column) for column in z.T])
    true_bits = -np.log2(of_sample.cdf(z + 0.5) - of_sample.cdf(z - 0.5))
    error = true_bits.std(axis=0, ddof=1) / np.sqrt(count)

    prior = make_prior()
    before = prior(single(z)).numpy().mean(axis=0)
    model = keras.Sequential([prior])
    model.compile(keras.optimizers.Adam(0.05), loss=lambda _, bits: bits)
    model.fit(z, z, batch_size=500, epochs=25, verbose=0)
    fitted = prior(single(z)).numpy().mean(axis=0)
    assert np.all(fitted >= entropy)
    assert np.all(fitted <= true_bits.mean(axis=0) + error)
    assert np.all(fitted < before)
