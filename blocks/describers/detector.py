"""Detected objects and measured attributes, in plain sentences; the default.

It needs no download: :mod:`blocks.detectors.yolov4_tiny` finds the objects.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import Field

from blocks.coco_names import PLURALS
from blocks.describers.attributes import Attributes, attributes
from blocks.detection import detector

VERSION = 1
MOST = 12  # largest number of objects in a description
NUMBERS = ("no", "a", "two", "three", "four", "five", "six", "several")
WORDS = {"tv": "television"}  # common words for COCO's categories
INDOORS = frozenset(
    """couch|bed|dining table|toilet|television|laptop|mouse|remote|keyboard|microwave
    |oven|toaster|sink|refrigerator|book|clock|vase|bowl|cup|fork|knife|spoon|chair
    """.replace("\n    ", "").split("|")
)
OUTDOORS = frozenset(
    """bicycle|car|motorcycle|airplane|bus|train|truck|boat|traffic light|fire hydrant
    |stop sign|parking meter|bird|horse|sheep|cow|elephant|bear|zebra|giraffe|skis
    |snowboard|kite|baseball bat|baseball glove|skateboard|surfboard
    """.replace("\n    ", "").split("|")
)


class Found(NamedTuple):
    """An object: its category, confidence, and box (x, y, width, height) in 0 to 1."""

    category: str
    confidence: float
    box: tuple[float, float, float, float]


def build(
    confidence: Annotated[float, Field(ge=0.05, le=0.95)] = 0.3,
) -> "Detector":
    """Build the describer.

    Parameters
    ----------
    confidence : least confidence of a described object
    """
    return Detector(confidence)


class Detector:
    """Describes objects, layout, place, light and colours."""

    def __init__(self, confidence: float):
        self._confidence = confidence
        self.version = f"detector {VERSION} {confidence:g}"

    def __call__(self, image: np.ndarray, annotations: Mapping[str, Any]) -> str:
        return sentences(self.objects(image), attributes(image))

    def objects(self, image: np.ndarray) -> list[Found]:
        """Objects of an image [H, W, 3], uint8, in order of confidence."""
        boxes = detector("yolov4_tiny")(image).above(self._confidence)
        height, width = boxes.size
        shares = boxes.xywh / np.float32([width, height, width, height])
        listed = zip(boxes.categories, boxes.scores, shares, strict=True)
        return [
            Found(WORDS.get(category, category), float(score), tuple(map(float, box)))
            for category, score, box in listed
        ][:MOST]


def sentences(objects: list[Found], seen: Attributes) -> str:
    """Describe objects and attributes in sentences."""
    counts = Counter(f.category for f in objects)
    parts = []
    if counts:
        listed = _listed([_counted(name, n) for name, n in counts.most_common()])
        parts.append(f"A photo of {listed}.")
        parts.append(_layout(objects))
    else:
        parts.append("A photo without distinct objects.")
    parts.append(f"{_place(counts, seen)}, {seen.light}, {seen.contrast} contrast.")
    colours = _listed(list(seen.colours))
    parts.append(f"Mostly {colours}, {seen.saturation} colours, {seen.texture}.")
    return " ".join(parts)


def _counted(name: str, count: int) -> str:
    if count == 1:
        return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
    number = NUMBERS[min(count, len(NUMBERS) - 1)]
    return f"{number} {PLURALS.get(name, name + 's')}"


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _layout(objects: list[Found]) -> str:
    """Sentence on position and size of the largest object."""
    largest = max(objects, key=lambda f: f.box[2] * f.box[3])
    x, y, width, height = largest.box
    across = ("left", "middle", "right")[int(np.clip(3 * (x + width / 2), 0, 2))]
    down = ("top", "centre", "bottom")[int(np.clip(3 * (y + height / 2), 0, 2))]
    area = width * height
    size = (
        "fills the picture" if area > 0.4 else "is large" if area > 0.12 else "is small"
    )
    return f"The {largest.category} {size}, {down} {across}."


def _place(counts: Counter, seen: Attributes) -> str:
    inside = sum(n for name, n in counts.items() if name in INDOORS)
    outside = sum(n for name, n in counts.items() if name in OUTDOORS)
    outside += 2 * (seen.sky > 0.4) + (seen.vegetation > 0.25)
    if outside > inside:
        sky = " with sky" if seen.sky > 0.4 else ""
        return f"Outdoors{sky}{' and green plants' if seen.vegetation > 0.25 else ''}"
    return "Indoors" if inside else "A close view"
