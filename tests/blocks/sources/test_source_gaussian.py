"""The toy source agrees with its closed form."""

import numpy as np
import pytest

from blocks.sources.gaussian import build, distortion_rate
from semlink.protocols import Source


def values(**params):
    return np.stack([sample.data.astype(np.float64) for sample in build(**params)])


def test_shape_and_type():
    source = build(count=3, height=5, width=7)
    assert isinstance(source, Source)
    assert len(source) == 3
    sample = source[2]
    assert (sample.data.shape, sample.data.dtype) == ((5, 7, 3), np.float32)
    assert (sample.index, sample.name) == (2, "gaussian-2")
    assert sample.modality == source.modality == "signal"


@pytest.mark.parametrize(
    ("power", "mean", "variance"), [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)]
)
def test_moments_are_those_of_a_normal(power, mean, variance):
    samples = values(seed=1).ravel() ** power
    assert abs(samples.mean() - mean) < 4 * np.sqrt(variance / samples.size)


@pytest.mark.parametrize("axis", [0, 1, 2, 3])
def test_neighbours_are_uncorrelated(axis):
    x = np.moveaxis(values(seed=2), axis, 0)
    products = x[1:] * x[:-1]
    assert abs(products.mean()) < 4 / np.sqrt(products.size)


def test_an_image_depends_on_seed_and_index_only():
    alone, among = build(count=5, seed=3), list(build(count=4, seed=3))
    np.testing.assert_array_equal(alone[3].data, among[3].data)
    assert not np.array_equal(among[2].data, among[3].data)
    assert not np.array_equal(build(seed=4)[3].data, among[3].data)


def test_fingerprint():
    prints = [build(count=c, seed=s).fingerprint() for c, s in ((2, 0), (2, 0), (2, 1))]
    assert prints[0] == prints[1] != prints[2]
    assert build(count=3).fingerprint() != prints[0]


def test_distortion_rate_is_reached_from_above():
    """Lloyd-Max scalar quantisers of unit variance (Max 1960, Table I)."""
    lloyd_max = {1: 0.3634, 2: 0.1175, 3: 0.03454, 4: 0.009497}
    rates = np.array(list(lloyd_max))
    np.testing.assert_allclose(distortion_rate(rates), [1 / 4, 1 / 16, 1 / 64, 1 / 256])
    assert np.all(np.array(list(lloyd_max.values())) > distortion_rate(rates))
    assert distortion_rate(0) == 1


def test_one_bit_a_value_stays_above_the_bound():
    x = values(seed=5)
    error = (x - np.sign(x) * np.sqrt(2 / np.pi)) ** 2
    expected = 1 - 2 / np.pi
    assert error.mean() > distortion_rate(1)
    assert abs(error.mean() - expected) < 4 * error.std() / np.sqrt(error.size)
