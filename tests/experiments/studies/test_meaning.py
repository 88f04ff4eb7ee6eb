"""Rates inside objects: which positions those are, and the table of a source."""

import json

import numpy as np
import pytest
from PIL import Image

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


@pytest.mark.parametrize("outline", [None, [], [[]], [[1, 2, 3, 4]], [[5, 5] * 3]])
def test_the_box_stands_in_for_an_outline_without_area(outline):
    boxed = {"segmentation": outline, "bbox": [16, 0, 16, 32]}
    inside = inside_objects({"instances": (boxed,)}, (64, 64))
    expected = np.zeros((4, 4), bool)
    expected[:2, 1] = True
    np.testing.assert_array_equal(inside, expected)


def test_an_object_without_any_area_is_inside_nothing():
    nothing = {"segmentation": [], "bbox": [5, 5, 0, 0]}
    alone, beside = ((nothing,), (nothing, square(0, 0, 32)))
    assert inside_objects({"instances": alone}, (64, 64)) is None
    assert inside_objects({"instances": beside}, (64, 64)).sum() == 4


@pytest.mark.parametrize("annotations", [{}, {"instances": (square(0, 0, 64),)}])
def test_a_picture_that_is_all_object_or_none_says_nothing(annotations):
    assert inside_objects(annotations, (64, 64)) is None


def test_a_source_without_objects_is_refused():
    with pytest.raises(InputError, match="must have annotated objects, got 'photos'"):
        meaning("photos", 1, 0.05, 10.0, "akb_jscc")


def coco(root, objects):
    """A set of one picture with these (outline, box)."""
    (root / "annotations").mkdir()
    (root / "val2014").mkdir()
    Image.new("RGB", (64, 48)).save(root / "val2014/a.png")
    content = {
        "images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 48}],
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": [
            {"id": i, "image_id": 1, "category_id": 1, "area": 0, "iscrowd": 0}
            | {"segmentation": outline, "bbox": box}
            for i, (outline, box) in enumerate(objects)
        ],
    }
    for name in ("instances", "captions"):
        (root / f"annotations/{name}_val2014.json").write_text(
            json.dumps(content if name == "instances" else {"annotations": []})
        )
    return f"coco:{root}"


def test_objects_without_outlines_or_area_are_counted(tmp_path):
    outline = square(0, 0, 32)["segmentation"]
    some = [(outline, [0, 0, 32, 32]), ([], [32, 0, 16, 16]), (None, [0, 0, 0, 0])]
    table = meaning(coco(tmp_path, some), None, 0.1, 10.0, "akb_jscc")
    counted = "1 without an outline count by their box, 1 without area are left out"
    assert table.startswith(f"1 pictures; of 3 objects, {counted}\n\n| |")


def test_a_transmitter_without_presets_is_refused(tmp_path):
    source = coco(tmp_path, [([], [0, 0, 32, 32])])
    with pytest.raises(InputError, match="depart from their preset, got 'ntscc'"):
        meaning(source, None, 0.1, 10.0, "ntscc")


def test_a_budget_below_the_smallest_signal_is_refused(tmp_path):
    source = coco(tmp_path, [([], [0, 0, 32, 32])])
    with pytest.raises(
        InputError, match=r"cbr must be larger: smallest .*, got 0\.01$"
    ):
        meaning(source, None, 0.01, 10.0, "akb_jscc")
