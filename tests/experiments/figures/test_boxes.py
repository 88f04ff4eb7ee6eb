"""Boxes on pictures lie where they are, and stand for what the task finds."""

import numpy as np
import pytest

from blocks.tasks.detection import Detection
from experiments.figures.boxes import GREY, drawn, marked, marker
from semlink.modalities.boxes import BOXES, Boxes, no_boxes
from semlink.signals import IMAGE, NO_BLOCKS, Estimate, Sample

SIZE = 90, 120
BOX = [20, 40, 60, 30]


def boxes(*categories) -> Boxes:
    many = len(categories)
    scores = np.full(many, 0.9, np.float32)
    return Boxes(categories, scores, np.float32([BOX] * many), SIZE)


@pytest.fixture
def task() -> Detection:
    return Detection(lambda image: boxes("cat") if image.any() else no_boxes(SIZE), 0.3)


@pytest.fixture
def sample() -> Sample:
    known = {"category": "dog", "bbox": BOX, "area": 1800, "iscrowd": 0}
    data = np.zeros((*SIZE, 3), np.uint8)
    return Sample(data, IMAGE, data.size, 0, "", annotations={"instances": (known,)})


def test_a_box_is_drawn_around_its_place(sample):
    picture = drawn(sample.data, boxes("cat"))
    rows, columns = np.nonzero(picture.any(axis=-1))
    assert (columns.min(), columns.max()) == (20, 80)
    assert (rows.min(), rows.max()) == (40, 70)
    assert not sample.data.any()
    np.testing.assert_array_equal(drawn(sample.data, no_boxes(SIZE)), sample.data)


def test_what_is_marked_are_detections_and_the_reference(task, sample):
    estimate = Estimate(sample.data, IMAGE, False, NO_BLOCKS)
    np.testing.assert_array_equal(
        marked(sample.data, task, sample), drawn(sample.data, boxes("dog"))
    )
    assert not marked(sample.data, task, sample, estimate).any()
    assert marked(sample.data, None, sample) is sample.data


def test_boxes_without_a_picture_are_drawn_on_grey(task, sample):
    estimate = Estimate(boxes("tv"), BOXES, False, NO_BLOCKS)
    picture = marked(None, task, sample, estimate)
    assert (picture[0, 0] == GREY).all()
    assert (picture[40, 20:80] != GREY).any()


def test_a_task_that_marks_pictures_is_found(task):
    assert marker({"reconstruction": object(), "detection": task}) is task
    assert marker({"reconstruction": object()}) is None
