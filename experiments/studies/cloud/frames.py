"""Frames as edge and cloud see them: detections, doubts, losses and bytes; cached."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.progress import track

from blocks.cascade.cascade import (
    QUALITY,
    mirrored_look,
    packed,
    transport,
    unpacked,
)
from blocks.cascade.doubts import CONFIDENCE, DOUBTS, agreement
from blocks.detection import detector
from blocks.tasks.average_precision import counted
from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.modalities.boxes import Boxes
from semlink.signals import Sample
from semlink.store.cache import DiskCache

EDGE, CLOUD = "yolov4_tiny", "nanodet"
LARGEST = 1 << 30  # bytes of the cache


class Frame(NamedTuple):
    """A frame.

    objects : annotated objects, as rows of :mod:`blocks.tasks.average_precision`
    edge, again : detections of the edge, in the frame and in its mirror image
    cloud : detections of the cloud, in the frame as it crosses the backhaul
    file : bytes of the frame on the backhaul
    """

    objects: list[list]
    edge: Boxes
    again: Boxes
    cloud: Boxes
    file: int


class Frames(NamedTuple):
    """Frames in arrays [n].

    doubts : of the edge, by name
    losses : of a frame that the edge decides, by name
    f1 : against annotations, of ``edge`` and ``cloud``
    bytes : on the backhaul, if the cloud decides
    observed : for average precision, of ``edge`` and ``cloud``
    """

    doubts: dict[str, np.ndarray]
    losses: dict[str, np.ndarray]
    f1: dict[str, np.ndarray]
    bytes: np.ndarray
    observed: dict[str, list[dict[str, Any]]]

    def take(self, index: Sequence[int] | np.ndarray) -> "Frames":
        """The frames of an index."""

        def of(values: dict) -> dict:
            return {name: value[index] for name, value in values.items()}

        rows = {k: [v[i] for i in index] for k, v in self.observed.items()}
        taken = map(of, (self.doubts, self.losses, self.f1))
        return Frames(*taken, self.bytes[index], rows)


def frames(sources: Sequence[str], cache: Path) -> Frames:
    """Frames of sources with COCO's instances.

    ``disagreement`` is 1 less the F1 of the edge against the cloud; ``regret`` is how
    much lower than the cloud's the F1 of the edge against annotations is, if it is.

    Parameters
    ----------
    sources : as on the command line
    cache : folder for detections

    Raises
    ------
    InputError
        A source or a detector does not exist, or a source has no frames or instances.
    """
    disk, seen = DiskCache(cache, LARGEST, "cascade 1"), []
    for word in sources:
        source = catalogue().build("source", ComponentSpec.model_validate(word))
        if not len(source) or "instances" not in source[0].annotations:
            raise InputError(f"source must have frames with instances, got {word!r}")
        places = track(range(len(source)), "frames", transient=True)
        seen += [_frame(source[place], disk) for place in places]
    return _arrays(seen)


def _frame(sample: Sample, disk: DiskCache) -> Frame:
    pixels = hashlib.sha256(sample.data.tobytes()).hexdigest()
    edge, cloud = detector(EDGE), detector(CLOUD)
    versions = [edge.version, cloud.version]
    key = disk.key({"pixels": pixels, "detectors": versions, "quality": QUALITY})
    looked = disk.get(key)
    if looked is None:
        file = packed(sample.data)
        boxes = edge(sample.data), mirrored_look(edge, sample.data)
        looked = (*boxes, cloud(unpacked(file)), len(file))
        disk.put(key, looked)
    instances = sample.annotations.get("instances", ())
    objects = [
        [one["category"], *map(float, one["bbox"]), one["area"], one["iscrowd"]]
        for one in instances
    ]
    return Frame(objects, *looked)


def _arrays(seen: Sequence[Frame]) -> Frames:
    doubts = {
        name: np.array([doubt(one.edge, one.again) for one in seen])
        for name, doubt in DOUBTS.items()
    }
    boxes = {"edge": [one.edge for one in seen], "cloud": [one.cloud for one in seen]}
    observed = {
        who: [_observed(f.objects, b) for f, b in zip(seen, own, strict=True)]
        for who, own in boxes.items()
    }
    f1 = {who: np.array([_f1(one) for one in own]) for who, own in observed.items()}
    pairs = np.array([agreement(one.edge, one.cloud) for one in seen])
    losses = {
        "disagreement": 1 - pairs,
        "regret": np.maximum(f1["cloud"] - f1["edge"], 0),
    }
    sizes = [transport(one.file, len(one.cloud.scores)) for one in seen]
    sizes = np.array([sum(one.values()) for one in sizes])
    return Frames(doubts, losses, f1, sizes, observed)


def _observed(objects: list[list], boxes: Boxes) -> dict[str, list]:
    parts = boxes.categories, boxes.scores.tolist(), boxes.xywh.tolist()
    rows = [[name, score, *box] for name, score, box in zip(*parts, strict=True)]
    return {"objects": objects, "found": rows}


def _f1(observed: dict[str, list]) -> float:
    sure = [row for row in observed["found"] if row[1] >= CONFIDENCE]
    return counted(observed | {"found": sure}).f1
