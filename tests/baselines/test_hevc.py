"""HEVC by regions: the receiver needs no map, and the errors follow the weights."""

import numpy as np
import pytest

from baselines.hevc_ldpc import Hevc, rectangles
from blocks.importances import pixels_of
from experiments.compose import catalogue
from semlink.config import ComponentSpec

KNOWN = catalogue().registries["transmitter"]


@pytest.mark.parametrize("seed", range(5))
def test_rectangles_cover_a_map_once(seed):
    rng = np.random.default_rng(seed)
    levels = rng.integers(0, 4, (7, 9)).astype(np.uint8)
    levels[2:5, 3:6] = 2
    painted = np.zeros_like(levels)
    for x, y, width, height, level in rectangles(levels):
        there = painted[y : y + height, x : x + width]
        assert not there.any()
        there[:] = level
    np.testing.assert_array_equal(painted, levels)


def test_a_region_is_as_good_as_a_picture_of_finer_quantisers(photo_of):
    """A weight of 16 is a quantisation parameter finer by 12; outside is as before.

    Units of 64 pixels that cross the border of a region have a mean of both.
    """
    image = np.ascontiguousarray(photo_of(0)[:256, :320])
    levels = np.zeros((16, 20), np.uint8)
    levels[4:12, 4:12] = 2
    codec, inside = Hevc(), pixels_of(levels, image.shape) > 0
    psnr = []
    for quality, each in ((110, None), (110, 0 * levels), (110, levels), (194, None)):
        received = codec.decode(codec.encode(image, quality, each))
        assert received.shape == image.shape
        error = (received.astype(float) - image) ** 2
        psnr.append([-10 * np.log10(error[m].mean()) for m in (inside, ~inside)])
    plain, even, weighted, finer = np.array(psnr)
    np.testing.assert_array_equal(plain, even)
    assert weighted[0] == pytest.approx(finer[0], abs=0.7)
    assert weighted[1] == pytest.approx(plain[1], abs=0.7)
    assert finer[0] > plain[0] + 3


def test_parameters_of_the_codec_are_those_of_the_transmitter():
    schema = KNOWN.schema("hevc_ldpc")
    assert next(iter(schema)) == "importance"
    assert {"mcs", "harq"} <= set(schema)
    assert "own" not in schema
    assert "importance" not in KNOWN.schema("heif_ldpc")
    spec = ComponentSpec.model_validate("hevc_ldpc[importance=query,mcs=auto]")
    assert catalogue().build("transmitter", spec).hears_query
