"""Detection: its reference, its bounds, and what an estimate says of the objects."""

import numpy as np
import pytest

from blocks.detection import detector
from blocks.tasks.detection import Detection, boxes_of, build
from semlink.errors import InputError
from semlink.modalities.boxes import BOXES, Boxes, no_boxes
from semlink.modalities.words import WORDS, Thing, Words
from semlink.signals import IMAGE, NO_BLOCKS, Estimate, Sample, unknown

SIZE = 100, 120
TRUE, FALSE = [10, 10, 40, 40], [60, 60, 20, 20]


def instance(category="cat", bbox=TRUE, crowd=0) -> dict:
    return {"category": category, "bbox": bbox, "area": 900, "iscrowd": crowd}


def sample(*instances, index=0, annotated=True) -> Sample:
    data = np.zeros((*SIZE, 3), np.uint8)
    known = {"instances": instances} if annotated else {}
    return Sample(data, IMAGE, data.size, index, f"{index}", annotations=known)


def picture(level: int) -> Estimate:
    return Estimate(np.full((*SIZE, 3), level, np.uint8), IMAGE, False, NO_BLOCKS)


def boxes(*found: tuple) -> Boxes:
    categories, scores, xywh = zip(*found, strict=True)
    return Boxes(categories, np.float32(scores), np.float32(xywh), SIZE)


def detect(image: np.ndarray) -> Boxes:
    """A cat in the original, which is black; a false dog in anything else."""
    if image.any():
        return boxes(("dog", 0.9, FALSE))
    return boxes(("cat", 0.9, TRUE), ("dog", 0.2, FALSE))


@pytest.fixture
def task() -> Detection:
    return Detection(detect, 0.3)


def test_instances_are_the_reference_of_a_source_that_has_them(task):
    source = [sample(), sample(instance()), sample(instance(crowd=1))]
    task = task.for_source(source)
    assert [metric.label for metric in task.metrics][:2] == ["AP", "AP50"]
    seen = [task.observe(one, picture(0)) for one in source]
    assert [one["f1"] for one in seen] == [(0, 1), (1, 1), (1, 1)]
    assert seen[1]["objects"] == [["cat", *TRUE, 900, 0]]
    assert task.score(seen)["ap50"] == 0.5  # the cat of the first picture is false


def test_detections_in_the_original_are_the_reference_of_others(task):
    source = [sample(annotated=False)]
    task = task.for_source(source)
    for metric in task.metrics:
        assert metric.label.endswith("against the original's detections")
    same, other = (task.observe(source[0], picture(level)) for level in (0, 9))
    assert same["objects"] == [["cat", *TRUE, 1600.0, 0]]  # the dog is too unsure
    assert (same["f1"], other["f1"]) == ((1, 1), (0, 1))
    assert task.score([same])["ap"] == pytest.approx(1)
    assert task.score([other])["ap"] == 0


def test_a_task_without_a_source_takes_what_a_sample_has(task):
    annotated = task.observe(sample(instance(bbox=FALSE)), picture(0))
    assert annotated["objects"][0][1:5] == FALSE
    assert task.observe(sample(annotated=False), picture(0))["f1"] == (1, 1)


def test_a_set_is_annotated_where_its_first_image_has_no_object(task):
    task = task.for_source([sample(), sample(instance())])
    assert task.observe(sample(annotated=False), picture(9))["objects"] == []


def test_bounds_are_nothing_found_and_the_original(task):
    source = [sample(), sample(instance())]
    task = task.for_source(source)
    bounds = task.bounds(source)
    assert bounds["f1"] == (0.5, 0.5)
    assert bounds["ap50"] == (0, 0.5)
    assert np.isnan(bounds["ap_large"]).all()
    pseudo = task.for_source([sample(annotated=False)])
    bounds = pseudo.bounds([sample(annotated=False)])
    assert bounds["f1"] == (0, 1)
    assert bounds["ap"] == pytest.approx((0, 1))


def test_a_source_without_pictures_has_no_bounds(task):
    text = Sample("a cat", "text", 2, 0, "")
    assert task.for_source([text]).bounds([text]) == {}


def test_only_the_confident_count_for_f1_and_all_for_the_precision(task):
    task = task.for_source([sample(instance("dog", FALSE))])
    seen = task.observe(sample(instance("dog", FALSE)), picture(0))
    assert seen["f1"] == (0, 1)
    assert task.score([seen])["ap"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("estimate", "found"),
    [
        (unknown(), ()),
        (picture(0)._replace(lost=True), ("cat", "dog")),
        (Estimate(np.zeros((8, 8, 3), np.uint8), IMAGE, True, NO_BLOCKS), ()),
        (unknown(BOXES), ()),
        (Estimate(boxes(("tv", 0.5, TRUE)), BOXES, False, NO_BLOCKS), ("tv",)),
        (Estimate(no_boxes(SIZE), BOXES, False, NO_BLOCKS), ()),
    ],
    ids=["header lost", "concealed", "other size", "no boxes", "boxes", "empty"],
)
def test_what_an_estimate_says(estimate, found):
    assert boxes_of(sample(), estimate, detect).categories == found


@pytest.mark.parametrize(
    ("source", "got"),
    [
        ([sample(), sample()], "got 2 images with none, and 0 crowd regions"),
        ([sample(instance(crowd=1))], "got 1 images with none, and 1 crowd regions"),
    ],
)
def test_a_set_without_objects_is_refused_in_one_line(task, source, got):
    with pytest.raises(InputError) as caught:
        task.for_source(source)
    assert got in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_detector_is_refused_in_one_line():
    with pytest.raises(InputError, match="unknown detector 'nanodett'; did you mean"):
        build("nanodett")


@pytest.mark.parametrize("name", ["nanodet", "yolov4_tiny"])
def test_a_detector_finds_the_motorcycle(name, photo_of):
    photo = photo_of(4)
    found = detector(name)(photo)
    assert found.size == photo.shape[:2]
    assert {*found.categories} <= {*detector(name).categories}
    assert (np.diff(found.scores) <= 0).all()
    assert (found.categories[0], found.scores[0] > 0.7) == ("motorcycle", True)
    x, y, width, height = found.xywh[0]
    assert 0.5 < width * height / photo[..., 0].size < 1
    assert 0 <= x <= x + width <= photo.shape[1]
    assert 0 <= y <= y + height <= photo.shape[0]


def test_words_have_the_boxes_that_they_describe(task):
    share = (10 / 120, 10 / 100, 40 / 120, 40 / 100)
    words = Words((("cat", 2),), (Thing("cat", 0.9, share, "grey"),))
    seen = task.observe(sample(instance()), Estimate(words, WORDS, False, NO_BLOCKS))
    assert seen["f1"] == (1, 1)
    (found,) = seen["found"]
    assert found[:2] == ["cat", pytest.approx(0.9)]
    assert found[2:] == pytest.approx(TRUE, rel=1e-5)
