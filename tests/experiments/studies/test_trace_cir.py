"""Processing of traced paths before they are written."""

import numpy as np

from channels.cir import STREET, read
from experiments.fitting.trace_cir import _tidy


def test_receivers_of_too_few_paths_are_left_out():
    gains = np.zeros((3, 1, 4, 2), complex)
    gains[0, 0, [0, 2]] = 1
    gains[1, 0, 1] = 1  # one path
    gains[2, 0, [0, 3]] = 1j
    delays_s = np.arange(12.0).reshape(3, 4) + 1
    kept, delays = _tidy(gains, delays_s)
    np.testing.assert_array_equal(kept[..., 0][:, 0], [[1, 1, 0], [1j, 0, 1j]])
    np.testing.assert_array_equal(delays, [[1, 3, 0], [9, 0, 12]])


def test_the_street_that_is_shipped_is_as_documented():
    responses = read(STREET)
    assert responses.gains.shape == (64, 1, 8, 8)
    assert responses.rate_hz == 2000
    assert 1e-7 < responses.delays_s.max() < 1e-6
