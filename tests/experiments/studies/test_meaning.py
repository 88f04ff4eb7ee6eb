"""Rates inside objects: which positions those are, and the table of a source."""

import numpy as np
import pytest

from experiments.studies.meaning import inside_objects, meaning
from semlink.errors import InputError


def square(left, top, side):
    right, bottom = left + side, top + side
    corners = [left, top, right, top, right, bottom, left, bottom]
    return {"segmentation": [corners]}


def test_positions_are_inside_where_half_of_their_pixels_are():
    annotations = {"instances": (square(0, 0, 32), square(64, 32, 8))}
    inside = inside_objects(annotations, (64, 90))
    expected = np.zeros((4, 6), bool)
    expected[:2, :2] = True  # the small one fills a quarter of its position
    np.testing.assert_array_equal(inside, expected)


def test_crowds_are_run_lengths():
    counts = [0, 16 * 64, 63 * 64]  # the first sixteen columns
    crowd = {"segmentation": {"counts": counts, "size": [64, 79]}}
    inside = inside_objects({"instances": (crowd,)}, (64, 79))
    assert inside[:, 0].all()
    assert not inside[:, 1:].any()


@pytest.mark.parametrize("annotations", [{}, {"instances": (square(0, 0, 64),)}])
def test_a_picture_that_is_all_object_or_none_says_nothing(annotations):
    assert inside_objects(annotations, (64, 64)) is None


def test_a_source_without_objects_is_refused():
    with pytest.raises(InputError, match="must have annotated objects, got 'photos'"):
        meaning("photos", 1, 0.05, 10.0, "akb_jscc")


def test_a_transmitter_without_presets_is_refused():
    with pytest.raises(InputError, match="depart from their preset, got 'ntscc'"):
        meaning("photos", 1, 0.05, 10.0, "ntscc")
