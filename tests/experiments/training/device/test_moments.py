"""Moments of Adam survive half precision, whatever their range."""

import numpy as np
import pytest

from experiments.training.device.moments import (
    MOMENTUM,
    VELOCITY,
    read_moments,
    write_moments,
)


@pytest.mark.parametrize("size", [1e-12, 1e-4, 1.0, 1e6])
def test_moments_come_back_to_half_precision(tmp_path, size):
    rng = np.random.default_rng(0)
    momentum = {"a/kernel": size * rng.normal(size=(30, 20)), "b": size * rng.normal()}
    velocity = {name: value**2 for name, value in momentum.items()}
    asked = [
        {name: np.float32(value) for name, value in values.items()}
        for values in (momentum, velocity)
    ]
    write_moments(tmp_path, *asked)
    for found, expected in zip(read_moments(tmp_path), asked, strict=True):
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            assert found[name].dtype == np.float32
            largest = np.abs(value).max()
            np.testing.assert_allclose(found[name], value, 2e-3, 1e-6 * largest)


def test_moments_of_what_never_moved_are_zero(tmp_path):
    zeros = {"a": np.zeros((3, 2), np.float32)}
    write_moments(tmp_path, zeros, zeros)
    for found in read_moments(tmp_path):
        np.testing.assert_array_equal(found["a"], 0)


@pytest.mark.parametrize("missing", [MOMENTUM, VELOCITY])
def test_without_both_files_there_are_none(tmp_path, missing):
    values = {"a": np.ones(3, np.float32)}
    write_moments(tmp_path, values, values)
    (tmp_path / missing).unlink()
    assert read_moments(tmp_path) is None
