"""Detection: the objects that a detector finds in the received picture.

On sources with COCO's instances these are the reference; on others it is what the
detector finds in the original, and the labels say so.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from blocks.detection import Detector, detector_files
from blocks.detection import detector as named
from blocks.tasks.average_precision import Precision, counted
from semlink.errors import InputError
from semlink.metrics import Bounds, Metric
from semlink.modalities.boxes import BOXES, Boxes, no_boxes
from semlink.modalities.query import classes_of
from semlink.modalities.words import WORDS, words_to_boxes
from semlink.protocols import Source
from semlink.signals import IMAGE, Estimate, Sample, unknown

METRICS = (
    Metric("ap", "AP", kind="set", digits=3),
    Metric("ap50", "AP50", kind="set", digits=3),
    Metric("ap_small", "AP of small objects", kind="set", digits=3, headline=False),
    Metric("ap_medium", "AP of medium objects", kind="set", digits=3, headline=False),
    Metric("ap_large", "AP of large objects", kind="set", digits=3, headline=False),
    Metric("f1", "F1 at IoU 0.5", digits=3),
)
USUAL = 3  # objects of a scene, where a receiver must guess
AGAINST = " against the original's detections"


def build(
    detector: str = "nanodet",
    confidence: Annotated[float, Field(ge=0.05, le=0.95)] = 0.3,
) -> "Detection":
    """Build the task.

    Parameters
    ----------
    detector : detector by name, as on the command line
    confidence : from which detections count for F1, and are the reference on sources
        without instances; AP takes all of them
    """
    return Detection(named(detector), confidence)


def files(detector: str, confidence: float) -> list[Path]:
    """Weights of the detector."""
    return detector_files(detector)


class Detection:
    """Average precision by COCOeval, and F1 of each picture.

    Crowd regions are ignored, as COCOeval does. An estimate that is lost has no
    detections. If the sample's query names classes, others do not count.

    Parameters
    ----------
    detect : detector
    confidence : from which detections count for F1
    annotated : whether instances are the reference; ``None``: of those samples that
        have some
    """

    judges = (IMAGE, BOXES, WORDS)

    def __init__(
        self, detect: Detector, confidence: float, annotated: bool | None = None
    ):
        self._detect, self._confidence = detect, confidence
        self._annotated = annotated
        against = AGAINST if annotated is False else ""
        reference = "COCO's instances" if annotated else "the reference"
        self.marks = (
            f"boxes: {reference} on the original, detections of confidence "
            f"{confidence:g} or more on what was received"
        )
        self.metrics = tuple(m._replace(label=m.label + against) for m in METRICS)

    def for_source(self, source: Source) -> "Detection":
        """The task with the reference that a source has.

        Raises
        ------
        InputError
            The source has instances of no picture, or none but crowd regions.
        """
        annotated = len(source) > 0 and "instances" in source[0].annotations
        if annotated:
            _check_objects(source)
        return Detection(self._detect, self._confidence, annotated)

    def observe(self, sample: Sample, estimate: Estimate) -> dict[str, Any]:
        """Detections and objects of one delivery, and its F1."""
        boxes = _of_interest(boxes_of(sample, estimate, self._detect), sample.query)
        seen = {"objects": self._objects(sample), "found": _rows(boxes)}
        sure = seen | {"found": _rows(boxes.above(self._confidence))}
        return seen | {"f1": (counted(sure).f1, 1.0)}

    def score(self, observations: Sequence[Mapping[str, Any]]) -> dict[str, float]:
        """Average precision of all pictures."""
        return Precision(observations).whole()

    def resampling(
        self, observations: Sequence[Mapping[str, Any]]
    ) -> Callable[[Sequence[int] | None], Mapping[str, float]]:
        """Scores of resamples of observations, by their numbers, or of all."""
        return Precision(observations)

    def bounds(self, samples: Sequence[Sample]) -> dict[str, Bounds]:
        """Without a detection, and of the detections in the original pictures."""
        pairs = [
            (self.observe(s, unknown()), self.observe(s, _original(s)))
            for s in samples
            if s.modality == IMAGE
        ]
        if not pairs:
            return {}
        floor, ceiling = (self._values(seen) for seen in zip(*pairs, strict=True))
        return {m.name: Bounds(floor[m.name], ceiling[m.name]) for m in self.metrics}

    def marked(self, sample: Sample, estimate: Estimate | None) -> Boxes:
        """Detections that count for F1, or the reference."""
        if estimate is not None:
            found = boxes_of(sample, estimate, self._detect)
            found = _of_interest(found, sample.query)
            return found.above(self._confidence)
        rows = self._objects(sample)
        xywh = np.array([row[1:5] for row in rows], np.float32).reshape(-1, 4)
        sure = np.ones(len(rows), np.float32)
        names = tuple(row[0] for row in rows)
        return Boxes(names, sure, xywh, sample.data.shape[:2])

    def confidence(self, estimate: Estimate, query: Any) -> float:
        """Expected F1 in a scene of at least ``USUAL`` objects.

        The confidences of detections are taken as their probabilities to be right.
        """
        if estimate.modality == WORDS:
            boxes = words_to_boxes(estimate.data, (1, 1))
        else:
            is_picture = estimate.modality == IMAGE
            boxes = self._detect(estimate.data) if is_picture else estimate.data
        found = _of_interest(boxes, query).above(self._confidence)
        count, right = len(found.scores), float(np.sum(found.scores))
        return 2 * right / (count + max(count, USUAL))

    def _values(self, seen: Sequence[Mapping[str, Any]]) -> dict[str, float]:
        mean = float(np.mean([one["f1"][0] for one in seen]))
        return self.score(seen) | {"f1": mean}

    def _objects(self, sample: Sample) -> list[list]:
        """The reference of a sample: category, box, area, and whether it is a crowd."""
        known = sample.annotations.get("instances", () if self._annotated else None)
        if known is None or self._annotated is False:
            found = _of_interest(self._detect(sample.data), sample.query)
            rows = _rows(found.above(self._confidence))
            return [[name, *box, box[2] * box[3], 0] for name, _, *box in rows]
        classes = classes_of(sample.query)
        return [
            [one["category"], *map(float, one["bbox"]), one["area"], one["iscrowd"]]
            for one in known
            if not classes or one["category"] in classes
        ]


def boxes_of(
    sample: Sample, estimate: Estimate, detect: Callable[[np.ndarray], Boxes]
) -> Boxes:
    """What an estimate says of the objects; nothing, where it is lost.

    A picture of another size than the sample's comes of a header that was wrongly
    decoded, and shows nothing.
    """
    size = sample.data.shape[:2]
    if estimate.data is None:
        return no_boxes(size)
    if estimate.modality == BOXES:
        return estimate.data
    if estimate.modality == WORDS:
        return words_to_boxes(estimate.data, size)
    if estimate.data.shape != sample.data.shape:
        return no_boxes(size)
    return detect(estimate.data)


def _of_interest(boxes: Boxes, query: Any) -> Boxes:
    """Boxes of the classes that a query names; all, if it names none."""
    classes = classes_of(query)
    if not classes:
        return boxes
    return boxes.take(np.isin(boxes.categories, classes))


def _original(sample: Sample) -> Estimate:
    return unknown()._replace(data=sample.data, lost=False)


def _rows(boxes: Boxes) -> list[list]:
    """Category, confidence and box of each detection."""
    listed = zip(
        boxes.categories, boxes.scores.tolist(), boxes.xywh.tolist(), strict=True
    )
    return [[name, score, *box] for name, score, box in listed]


def _check_objects(source: Source) -> None:
    """Refuse a set without objects: its average precision is not defined."""
    crowds = 0
    for place in range(len(source)):
        instances = source[place].annotations.get("instances", ())
        crowd = [bool(one["iscrowd"]) for one in instances]
        if not all(crowd):
            return
        crowds += len(crowd)
    raise InputError(
        f"task detection needs instances of objects in at least one image, got "
        f"{len(source)} images with none, and {crowds} crowd regions"
    )
