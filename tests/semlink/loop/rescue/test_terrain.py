"""A mountain: knife edges, and walks of least time."""

import numpy as np
import pytest

from semlink.loop.rescue.terrain import (
    CELLS,
    WAVELENGTH_M,
    Mountain,
    knife_edge_db,
    mountain,
    walking_mps,
)

FLAT = Mountain(np.zeros((CELLS, CELLS)), 2000.0)


def test_knife_edge_has_the_values_of_the_recommendation():
    # J(0) is half of the field, 6.0 dB; beyond, 13 + 20 log nu
    assert knife_edge_db(0.0) == pytest.approx(6.02, abs=0.03)
    assert knife_edge_db(-0.78) == pytest.approx(0.0, abs=0.05)
    assert knife_edge_db(-3.0) == knife_edge_db(-0.78)
    assert knife_edge_db(20.0) == pytest.approx(13 + 20 * np.log10(20), abs=0.15)


def test_a_plain_blocks_nothing_above_it():
    a, b = np.array([100.0, 100.0]), np.array([1900.0, 1500.0])
    assert FLAT.blockage_db(a, 300.0, b, 300.0) < 0.1


def test_a_ridge_across_the_middle_blocks_as_a_knife_edge():
    heights = np.zeros((CELLS, CELLS))
    heights[CELLS // 2] = 100.0  # 50 m wide at half of its height
    ridge = Mountain(heights, 2000.0)
    a, b = np.array([0.0, 1000.0]), np.array([2000.0, 1000.0])
    half = 1000.0
    nu = 100.0 * np.sqrt(2 / WAVELENGTH_M * (1 / half + 1 / half))
    # profile points are 31 m and less beside the top, on its slopes
    assert 0 < knife_edge_db(nu) - ridge.blockage_db(a, 0.0, b, 0.0) < 10
    assert ridge.blockage_db(a, 300.0, b, 300.0) < 0.1
    both = ridge.blockage_db(np.stack([a, b]), 10.0, np.stack([b, a]), 10.0)
    assert both[0] == pytest.approx(both[1])


def test_walks_on_the_plain_are_straight_and_take_toblers_time():
    speed = walking_mps(0.0)
    assert speed * 3.6 == pytest.approx(5.04, abs=0.01)
    ends = np.array([[0.0, 0.0], [0.0, 2000.0], [2000.0, 2000.0]])
    times = FLAT.walking_s(ends, ends)
    assert times[0, 1] == pytest.approx(2000 / speed)
    assert times[0, 2] == pytest.approx(2000 * np.sqrt(2) / speed)
    route = FLAT.route(ends[0], ends[2])
    np.testing.assert_allclose(route[:, 0], route[:, 1])


def test_routes_around_a_mountain_are_no_slower_than_others():
    ground = mountain(3, 2000.0, 400.0)
    points = np.random.default_rng(1).uniform(0, 2000, (5, 2))
    times = ground.walking_s(points, points)
    over = times[:, :, None] + times[None, :, :]
    assert np.all(times[:, None, :] <= np.swapaxes(over, 0, 0) + 1e-6)
    route = ground.route(points[0], points[1])
    legs = np.diff(route, axis=0)
    length = np.linalg.norm(legs, axis=1)
    slope = np.diff(ground.height(route)) / length
    taken = np.sum(length / walking_mps(slope))
    assert taken == pytest.approx(times[0, 1], rel=1e-3)


def test_heights_between_the_grid_are_bilinear():
    ground = mountain(1, 1000.0, 200.0)
    at = ground.points[3, 7]
    assert ground.height(at) == pytest.approx(ground.heights[3, 7])
    middle = at + ground.step_m / 2
    corners = ground.heights[3:5, 7:9].mean()
    assert ground.height(middle) == pytest.approx(corners)
    assert ground.heights.max() == pytest.approx(200.0)
