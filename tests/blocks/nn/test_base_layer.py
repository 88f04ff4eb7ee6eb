"""The thumbnail that crosses digitally: its values, its picture, its differences."""

import numpy as np
import pytest
from keras import ops

from blocks.nn.base_layer import (
    COLOURS,
    SIZE,
    STEPS,
    base_picture,
    base_values,
    predicted,
    restored,
)

EPS = float(np.finfo(np.float32).eps)
sizes = pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 3), (3, 1), (3, 4)])


def values_of(height, width, seed=0):
    draw = np.random.default_rng(seed)
    return draw.integers(-6, 7, (2, height, width, 3)).astype(np.float32)


def test_colours_are_orthonormal_and_grey_is_one_of_them():
    np.testing.assert_allclose(COLOURS @ COLOURS.T, np.eye(3), atol=4 * EPS)
    np.testing.assert_allclose(COLOURS @ np.ones(3), [np.sqrt(3), 0, 0], atol=4 * EPS)


@sizes
def test_flat_squares_come_back_within_half_a_step(height, width):
    colour = np.random.default_rng(1).uniform(size=(2, height, width, 3))
    x = colour.repeat(SIZE, axis=1).repeat(SIZE, axis=2).astype(np.float32)
    values = base_values(x).numpy()
    assert values.shape == (2, height, width, 3)
    np.testing.assert_array_equal(values, np.round(values))
    error = (values * STEPS - (colour - 0.5) @ COLOURS.T) / STEPS
    assert np.abs(error).max() <= 0.5 + 64 * EPS


def test_picture_is_bilinear_between_the_middles_of_squares():
    values = values_of(3, 4)
    x = base_picture(ops.convert_to_tensor(values)).numpy()
    assert x.shape == (2, 3 * SIZE, 4 * SIZE, 3)
    colours = 0.5 + values * STEPS @ COLOURS
    middles = (np.arange(3 * SIZE) + 0.5) / SIZE - 0.5
    rows = np.clip(middles, 0, 2)
    columns = np.clip((np.arange(4 * SIZE) + 0.5) / SIZE - 0.5, 0, 3)
    low, left = np.minimum(rows.astype(int), 1), np.minimum(columns.astype(int), 2)
    a, b = (rows - low)[:, None, None], (columns - left)[:, None]
    corners = [colours[:, low + i][:, :, left + j] for i in (0, 1) for j in (0, 1)]
    weights = [(1 - a) * (1 - b), (1 - a) * b, a * (1 - b), a * b]
    expected = sum(w * c for w, c in zip(weights, corners, strict=True))
    np.testing.assert_allclose(x, expected, rtol=0, atol=32 * EPS)


@sizes
def test_differences_restore_the_values(height, width):
    values = values_of(height, width)
    differences = values - predicted(ops.convert_to_tensor(values)).numpy()
    for one, expected in zip(differences.astype(int), values, strict=True):
        np.testing.assert_array_equal(restored(one), expected)


def test_values_are_predicted_from_those_before_them_alone():
    values = values_of(3, 4)
    plain = predicted(ops.convert_to_tensor(values)).numpy()
    for i, j in np.ndindex(3, 4):
        other = values.copy()
        other[:, i, j] += 7
        changed = np.any(predicted(ops.convert_to_tensor(other)).numpy() != plain, -1)
        assert not changed.reshape(2, -1)[:, : i * 4 + j + 1].any()
