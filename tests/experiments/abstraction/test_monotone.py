"""The monotone fit on a grid."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import isotonic_regression, minimize

from experiments.abstraction.monotone import monotone


def test_monotone_values_stay_as_they_are():
    values = np.add.outer(np.arange(5.0), np.array([0.0, 0.0, 7.0]))
    assert_array_equal(monotone(values, np.ones((5, 3))), values)


def test_one_axis_alone_is_isotonic_regression():
    rng = np.random.default_rng(0)
    values, weights = rng.normal(size=9), rng.uniform(0.1, 3, 9)
    expected = isotonic_regression(values, weights=weights).x
    assert_allclose(monotone(values[:, None], weights[:, None])[:, 0], expected)
    assert_allclose(monotone(values[None], weights[None])[0], expected)


def test_it_is_the_least_squares_fit():
    """Against a general solver with the constraints spelt out."""
    rng = np.random.default_rng(3)
    values, weights = rng.normal(size=(4, 3)), rng.uniform(0.5, 2, (4, 3))

    def loss(x):
        return np.sum(weights * (x.reshape(4, 3) - values) ** 2)

    rises = [
        {
            "type": "ineq",
            "fun": lambda x, axis=axis: np.diff(x.reshape(4, 3), axis=axis).ravel(),
        }
        for axis in (0, 1)
    ]
    best = minimize(loss, np.zeros(12), constraints=rises, method="SLSQP", tol=1e-12)
    found = monotone(values, weights)
    assert loss(found) == pytest.approx(best.fun, rel=1e-5)
    assert np.diff(found, axis=0).min() >= 0
    assert np.diff(found, axis=1).min() >= 0


def test_points_of_no_weight_follow_the_others():
    values = np.array([[9.0, 1.0], [2.0, 3.0]])
    weights = np.array([[1e-6, 1.0], [1.0, 1.0]])
    assert_allclose(monotone(values, weights), [[1, 1], [2, 3]], atol=1e-4)
