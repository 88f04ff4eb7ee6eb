"""Labelled boxes on pictures, drawn by OpenCV."""

from collections.abc import Mapping

import numpy as np

from semlink.metrics import Marking, Task
from semlink.modalities.boxes import Boxes
from semlink.signals import Estimate, Sample

COLOURS = ((230, 25, 75), (60, 180, 75), (0, 110, 220), (245, 130, 48), (145, 30, 180))
GREY = 128


def marker(tasks: Mapping[str, Task]) -> Marking | None:
    """The first of the tasks that marks pictures, if one does."""
    return next((task for task in tasks.values() if isinstance(task, Marking)), None)


def marked(
    picture: np.ndarray | None,
    task: Marking | None,
    sample: Sample,
    estimate: Estimate | None = None,
) -> np.ndarray:
    """A picture with the marks of a task; itself, where no task marks pictures.

    Parameters
    ----------
    picture : [H, W, 3], uint8; ``None``: nothing but boxes was received
    task : task that marks it, if any
    sample : the sample
    estimate : what was received; ``None``: the reference is marked
    """
    if picture is None:
        picture = np.full_like(sample.data, GREY)
    return picture if task is None else drawn(picture, task.marked(sample, estimate))


def drawn(picture: np.ndarray, boxes: Boxes) -> np.ndarray:
    """A copy of a picture [H, W, 3], uint8, with boxes, one colour for a category."""
    import cv2

    picture = np.ascontiguousarray(picture).copy()
    width = max(1, round(min(picture.shape[:2]) / 200))
    names = list(dict.fromkeys(boxes.categories))
    for name, (x, y, w, h) in zip(boxes.categories, boxes.xywh, strict=True):
        colour = COLOURS[names.index(name) % len(COLOURS)]
        corners = [
            (round(float(a)), round(float(b))) for a, b in ((x, y), (x + w, y + h))
        ]
        cv2.rectangle(picture, *corners, colour, width)
        at = corners[0][0] + 2 * width, corners[0][1] + 12 * width
        text = cv2.FONT_HERSHEY_SIMPLEX, 0.4 * width
        cv2.putText(picture, name, at, *text, (255, 255, 255), 3 * width, cv2.LINE_AA)
        cv2.putText(picture, name, at, *text, colour, width, cv2.LINE_AA)
    return picture
