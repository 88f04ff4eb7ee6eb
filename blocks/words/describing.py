"""Structured descriptions of pictures, from detected or annotated objects."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from blocks.colours import main_colour
from blocks.describers.attributes import attributes
from blocks.detection import Detector
from blocks.knowledge.perception import Describer
from semlink.errors import InputError
from semlink.modalities.boxes import Boxes
from semlink.modalities.categories import CATEGORIES
from semlink.modalities.words import Thing, Words


class Objects:
    """Describes what a detector finds.

    Parameters
    ----------
    detect : detector of COCO's categories
    confidence : least confidence of a described object
    """

    def __init__(self, detect: Detector, confidence: float):
        self._detect, self._confidence = detect, confidence
        self.version = f"objects 1 {detect.version} {confidence:g}"

    def __call__(self, image: np.ndarray, annotations: Mapping[str, Any]) -> Words:
        return described(image, self._detect(image).above(self._confidence))


class Captions:
    """Describes by the caption of a describer.

    Parameters
    ----------
    describer : puts pictures into a sentence
    """

    def __init__(self, describer: Describer):
        self._describer, self.version = describer, describer.version

    def __call__(self, image: np.ndarray, annotations: Mapping[str, Any]) -> Words:
        return Words(caption=self._describer(image, annotations))


class Annotated:
    """Describes annotated objects: an oracle. Crowd regions are left out."""

    version = "annotated 1"

    def __call__(self, image: np.ndarray, annotations: Mapping[str, Any]) -> Words:
        if "instances" not in annotations:
            raise InputError(
                "describer annotated needs a source with instances, such as "
                "coco:ROOT, got an image without"
            )
        objects = [o for o in annotations["instances"] if not o["iscrowd"]]
        objects.sort(key=lambda o: -o["bbox"][2] * o["bbox"][3])
        boxes = np.array([o["bbox"] for o in objects], np.float32).reshape(-1, 4)
        names = tuple(o["category"] for o in objects)
        ones = np.ones(len(objects), np.float32)
        return described(image, Boxes(names, ones, boxes, image.shape[:2]))


def described(image: np.ndarray, boxes: Boxes) -> Words:
    """Describe a picture [H, W, 3], uint8, with these objects.

    Objects stay in their order; categories come in the order of their first object.
    """
    known = np.array([name in CATEGORIES for name in boxes.categories], bool)
    boxes = boxes.take(known)
    height, width = boxes.size
    shares = _inside(boxes.xywh / np.float32([width, height, width, height]))
    things = tuple(
        Thing(name, float(score), tuple(map(float, box)), main_colour(image, box))
        for name, score, box in zip(boxes.categories, boxes.scores, shares, strict=True)
    )
    seen = attributes(image)
    scene = (seen.light, seen.texture, seen.colours[0])
    return Words(tuple(Counter(boxes.categories).items()), things, scene)


def _inside(shares: np.ndarray) -> np.ndarray:
    """Boxes [n, 4] cut at the edges of the picture."""
    start = np.clip(shares[:, :2], 0, 1)
    stop = np.clip(shares[:, :2] + shares[:, 2:], 0, 1)
    return np.concatenate([start, stop - start], axis=1)
