"""Pixels of annotated objects: polygons, run lengths and boxes."""

import numpy as np
import pytest
from pycocotools import mask as masks

from blocks.sources.outlines import check, draw

SHAPE = (37, 53)
RING = [[10.5, 5, 40, 8, 44, 30, 12, 33], [1, 1, 6, 1, 6, 6]]


def of(outline, box=(0, 0, 1, 1)):
    return {"id": 1, "segmentation": outline, "bbox": list(box)}


def compressed(pixels):
    runs = masks.encode(np.asfortranarray(pixels.astype(np.uint8)))
    return {"counts": runs["counts"].decode(), "size": list(pixels.shape)}


def test_polygons_are_drawn_as_pycocotools_draws_them():
    drawn = draw(of(RING), SHAPE)
    expected = masks.decode(masks.merge(masks.frPyObjects(RING, *SHAPE)))
    assert drawn.by == "outline"
    np.testing.assert_array_equal(drawn.pixels, expected)


def test_four_numbers_beside_a_polygon_are_no_box():
    line = [0, 30, 50, 3]
    with_line = draw(of([line, *RING]), SHAPE)
    np.testing.assert_array_equal(with_line.pixels, draw(of(RING), SHAPE).pixels)


@pytest.mark.parametrize("share", [0, 0.02, 0.5, 1])
def test_compressed_run_lengths_are_read_as_pycocotools_reads_them(share):
    rng = np.random.default_rng(1)
    pixels = rng.random(SHAPE) < share
    pixels[0, 0] = True  # an outline without pixels is none
    pixels[:, 20:50] = True  # long runs, and differences of both signs
    annotation = of(compressed(pixels))
    check(annotation, SHAPE)
    np.testing.assert_array_equal(draw(annotation, SHAPE).pixels, pixels)


def test_a_box_is_cut_at_the_picture():
    pixels = draw(of(None, (-3.5, 30, 20, 200)), SHAPE).pixels
    expected = np.zeros(SHAPE, bool)
    expected[30:, :16] = True
    np.testing.assert_array_equal(pixels, expected)


@pytest.mark.parametrize("box", [(5, 5, 0, 0), (5, 5, -3, 9), (60, 5, 9, 9)])
def test_a_box_without_area_or_beside_the_picture_covers_nothing(box):
    drawn = draw(of([], box), SHAPE)
    assert drawn.by == "nothing"
    assert not drawn.pixels.any()
