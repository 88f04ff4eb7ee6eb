"""COCO's objects lie where they were annotated, or are refused with their image."""

import json

import numpy as np
import pytest
from PIL import Image

from blocks.sources.coco import CAPTIONS, INSTANCES, build
from blocks.sources.outlines import draw
from semlink.errors import InputError

NAMES = ["COCO_val2014_000000000003.jpg", "COCO_val2014_000000000007.jpg"]
CORNER = {
    "box": {"bbox": [0, 0, 12, 8], "segmentation": None},
    "polygon": {"segmentation": [[0, 0, 12, 0, 12, 8, 0, 8]]},
    "runs": {"segmentation": {"counts": [0, *[8, 8] * 11, 8, 200], "size": [16, 24]}},
}


def with_objects(root, size, *objects):
    """A set of two images of 24x16 pixels; the second states this size and objects."""
    for folder in ("annotations", "val2014"):
        (root / folder).mkdir()
    for name in NAMES:
        Image.new("RGB", (24, 16)).save(root / "val2014" / name)
    width, height = size
    common = {"image_id": 7, "category_id": 1, "area": 1, "iscrowd": 0}
    instances = {
        "images": [
            {"id": i, "file_name": name, "width": width, "height": height}
            for i, name in zip((3, 7), NAMES, strict=True)
        ],
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": [
            {"id": i, "bbox": [0, 0, 12, 8]} | common | entries
            for i, entries in enumerate(objects)
        ],
    }
    (root / INSTANCES).write_text(json.dumps(instances))
    (root / CAPTIONS).write_text(json.dumps({"annotations": []}))
    return root


def photograph(root, orientation, *, size=(24, 16)):
    """Store the second image, its upper left corner white, with an orientation."""
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    pixels[:8, :12] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = root / "val2014" / NAMES[1]
    Image.fromarray(pixels).save(file, format="png", exif=exif)


def second(root):
    sample = build(str(root))[1]
    drawn = draw(sample.annotations["instances"][0], sample.data.shape[:2])
    return sample.data, drawn.pixels


def failure(root):
    with pytest.raises(InputError) as caught:
        build(str(root)).fingerprint()
    message = str(caught.value)
    assert "\n" not in message
    assert NAMES[1] in message
    assert len(build(str(root), bad_images="skip")) == 1
    return message


@pytest.mark.parametrize("orientation", [1, 5, 6, 7, 8])
@pytest.mark.parametrize("outline", CORNER)
def test_objects_of_the_stored_picture_lie_where_they_were_annotated(
    tmp_path, orientation, outline
):
    root = with_objects(tmp_path, (24, 16), CORNER[outline])
    photograph(root, orientation)
    image, pixels = second(root)
    np.testing.assert_array_equal(image[..., 0] == 255, pixels)


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_objects_of_the_seen_picture_lie_where_they_were_annotated(
    tmp_path, orientation
):
    # where the white corner is, once the picture is turned upright
    x, y = {5: (0, 0), 6: (8, 0), 7: (8, 12), 8: (0, 12)}[orientation]
    box = {"bbox": [x, y, 8, 12], "segmentation": []}
    root = with_objects(tmp_path, (16, 24), box)
    photograph(root, orientation)
    image, pixels = second(root)
    assert image.shape == (24, 16, 3)
    np.testing.assert_array_equal(image[..., 0] == 255, pixels)


@pytest.mark.parametrize(
    ("orientation", "size", "turn"),
    [
        (2, (24, 16), "FLIP_LEFT_RIGHT"),
        (3, (24, 16), "ROTATE_180"),
        (4, (24, 16), "FLIP_TOP_BOTTOM"),
        (6, (16, 16), "ROTATE_270"),
    ],
)
def test_a_size_that_fits_both_ways_does_not_tell_what_was_annotated(
    tmp_path, orientation, size, turn
):
    root = with_objects(tmp_path, size, CORNER["box"])
    photograph(root, orientation, size=size)
    expected = f"fit with and without, got {turn} of {size[::-1]}; 1 of 2 images"
    assert expected in failure(root)


def test_a_picture_without_objects_is_turned_upright(tmp_path):
    root = with_objects(tmp_path, (24, 16))
    photograph(root, 6)
    assert build(str(root))[1].data.shape == (24, 16, 3)


@pytest.mark.parametrize("size", [(24, 17), (25, 16), (48, 32), ("24", 16), (None, 16)])
def test_objects_of_a_picture_of_another_size_are_refused(tmp_path, size):
    root = with_objects(tmp_path, size, CORNER["box"])
    message = failure(root)
    stated = f"height and width of its annotations, {size[::-1]}"
    assert f"must have the {stated}, got (16, 24); 1 of 2 images" in message


def runs(counts, size=(16, 24)):
    return {"segmentation": {"counts": counts, "size": list(size)}}


@pytest.mark.parametrize(
    ("damaged", "expected"),
    [
        (
            runs([384], (24, 16)),
            "those of [16, 24] pixels (height, width), got [24, 16]",
        ),
        (runs([384], ()), "pixels (height, width), got []"),
        ({"segmentation": {"counts": [384]}}, "pixels (height, width), got None"),
        (runs([0, 383]), "must add up to 384 pixels, got [0, 383]"),
        (runs([0, 385]), "must add up to 384 pixels, got [0, 385]"),
        (runs([-1, 385]), "must add up to 384 pixels, got [-1, 385]"),
        (runs([0.5, 383.5]), "must add up to 384 pixels, got [0.5, 383.5]"),
        (runs([float("nan"), 384]), "must add up to 384 pixels, got [nan, 384]"),
        (runs([float("inf")]), "must add up to 384 pixels, got [inf]"),
        (runs([[384]]), "must add up to 384 pixels, got [[384]]"),
        (runs([]), "must add up to 384 pixels, got []"),
        (runs(None), "must add up to 384 pixels, got None"),
        (runs(""), "must add up to 384 pixels, got ''"),
        (runs("hello"), "must add up to 384 pixels, got 'hello'"),
        (runs("\xe9~~"), "must add up to 384 pixels, got '\xe9~~'"),
        (runs("o" * 300), "must add up to 384 pixels, got 'oooo"),
        ({"segmentation": {}}, "pixels (height, width), got None"),
        ({"segmentation": 3}, "polygons [[x, y, ...], ...] near the picture, run"),
        ({"segmentation": "3"}, "run lengths or null, got '3'"),
        ({"segmentation": [0, 0, 9, 0, 9, 9]}, "or null, got [0, 0, 9, 0, 9, 9]"),
        ({"segmentation": [None]}, "or null, got [None]"),
        ({"segmentation": [[0, 0, 9, 0, 9]]}, "or null, got [[0, 0, 9, 0, 9]]"),
        ({"segmentation": [[0, 0, 9, 0, 9, "a"]]}, "or null, got [[0, 0, 9,"),
        ({"segmentation": [[[0, 0], [9, 0], [9, 9]]]}, "or null, got [[[0, 0],"),
        ({"segmentation": [[0, 0, 1e9, 0, 1e9, 9]]}, "or null, got [[0, 0, 100000"),
        ({"segmentation": [[0, 0, 10**400, 0, 9, 9]]}, "or null, got [[0, 0, 1000"),
        ({"segmentation": [[0, 0, float("nan"), 0, 9, 9]]}, "or null, got [[0, 0, nan"),
        ({"bbox": None}, "bbox must be x, y, width, height near the picture, got None"),
        ({"bbox": []}, "near the picture, got []"),
        ({"bbox": [0, 0, 9]}, "near the picture, got [0, 0, 9]"),
        ({"bbox": [0, 0, 9, "9"]}, "near the picture, got [0, 0, 9, '9']"),
        ({"bbox": [-(2**63), 0, 9, 9]}, "near the picture, got [-922"),
        ({"bbox": [0, 0, 9, float("inf")]}, "near the picture, got [0, 0, 9, inf]"),
    ],
)
def test_damaged_objects_are_refused_in_one_line(tmp_path, damaged, expected):
    root = with_objects(tmp_path, (24, 16), CORNER["box"], damaged)
    message = failure(root)
    assert f"{NAMES[1]}': annotation 1: " in message
    assert expected in message


def test_sets_of_boxes_leave_outlines_out(tmp_path):
    root = with_objects(tmp_path, (24, 16), {"bbox": [0, 0, 12, 8]})
    (only,) = build(str(root))[1].annotations["instances"]
    assert only["segmentation"] is None
