"""Several maps have one order of coefficients, and nothing is lost."""

import numpy as np
import pytest

from blocks.detectors.nanodet_halves import CHANNELS, SIDES
from blocks.features import pyramid


@pytest.fixture(scope="module")
def maps():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(s, s, CHANNELS)).astype(np.float32) for s in SIDES]


def test_nothing_is_lost(maps):
    code = pyramid.shipped()
    again = code.synthesise(code.analyse(maps))
    for one, other in zip(again, maps, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-3)


def test_there_is_a_deviation_for_each_value(maps):
    sigma = pyramid.shipped().sigma
    assert sigma.shape == (sum(one.size for one in maps),)
    assert np.all(sigma > 0)


def test_coefficients_of_a_map_stay_its_own(maps):
    code, second = pyramid.shipped(), slice(maps[0].size, maps[0].size + maps[1].size)
    before = code.analyse(maps)
    changed = code.analyse([maps[0], maps[1] + 1, maps[2]]) != before
    assert changed[second].any()
    assert not changed[: second.start].any()
    assert not changed[second.stop :].any()


def test_bands_are_octaves_of_the_higher_frequency():
    band = pyramid.bands(13)
    assert list(band[0]) == [0, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4]
    np.testing.assert_array_equal(band, band.T)
    assert band[2, 9] == 4


@pytest.mark.parametrize("side", SIDES)
def test_zones_mirror_each_other(side):
    zone = pyramid.zones(side)
    assert list(zone[:4]) == [0, 1, 2, 3]
    np.testing.assert_array_equal(zone + zone[::-1], zone.max())
    assert np.all(np.diff(zone) >= 0)
