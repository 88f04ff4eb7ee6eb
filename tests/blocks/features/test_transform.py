"""The transform is invertible, and is the KLT that its weights make the best one."""

import numpy as np
import pytest

from blocks.features.classifier import EDGES, shipped
from blocks.features.transform import (
    analyse,
    bands,
    order,
    synthesise,
)
from experiments.features.statistics import task_weighted


@pytest.fixture
def features():
    """Feature maps with the shipped mean."""
    noise = np.random.default_rng(0).normal(0, 2, (2, 14, 14, 112))
    return (shipped().mean + noise).astype(np.float32)


def test_nothing_is_lost(features):
    again = synthesise(analyse(features, shipped()), shipped())
    np.testing.assert_allclose(again, features, atol=2e-4)


def test_the_mean_has_no_coefficients():
    assert np.abs(analyse(shipped().mean, shipped())).max() < 1e-5


def test_every_coefficient_has_its_turn():
    sigma = shipped().sigma
    turns = order(sigma)
    assert sorted(turns) == list(range(sigma.size))
    assert np.all(np.diff(sigma.ravel()[turns]) <= 0)


def test_bands_grow_with_frequency():
    band = bands(14, EDGES)
    assert band[0, 0] == 0
    assert np.count_nonzero(band == 0) == 1
    assert np.all(np.diff(band, axis=0) >= 0)
    np.testing.assert_array_equal(band, band.T)
    assert band.max() + 1 == len(shipped().forward)


def random_covariance(rng, size: int) -> np.ndarray:
    root = rng.normal(size=(size, size))
    return root @ root.T / size


def test_coefficients_are_uncorrelated_and_errors_count_as_information_says():
    rng = np.random.default_rng(1)
    covariance, information = (random_covariance(rng, 12) for _ in range(2))
    forward = task_weighted(covariance, information)
    inside = forward @ covariance @ forward.T
    np.testing.assert_allclose(inside, np.diag(np.diag(inside)), atol=1e-9)
    assert np.all(np.diff(np.diag(inside)) < 0)
    metric = forward.T @ forward
    excess = metric - information
    # but for the ridge, equal in all directions
    np.testing.assert_allclose(excess, excess[0, 0] * np.eye(12), atol=1e-9)


def weighted_loss(forward, covariance, information, kept: int) -> float:
    """Expected e' F e of the best linear estimate from the first coefficients."""
    seen = forward[:kept]
    gain = covariance @ seen.T @ np.linalg.inv(seen @ covariance @ seen.T)
    left = covariance - gain @ seen @ covariance
    return float(np.trace(information @ left))


@pytest.mark.parametrize("kept", [1, 3, 6])
def test_no_other_coefficients_leave_less_of_the_loss(kept):
    rng = np.random.default_rng(2)
    covariance, information = (random_covariance(rng, 8) for _ in range(2))
    own = task_weighted(covariance, information)
    best = weighted_loss(own, covariance, information, kept)
    _, plain = np.linalg.eigh(covariance)
    others = [plain.T[::-1], *rng.normal(size=(20, 8, 8))]
    losses = [weighted_loss(o, covariance, information, kept) for o in others]
    # the ridge moves the optimum by less than this
    assert best <= min(losses) * 1.01
    assert best < losses[0]
