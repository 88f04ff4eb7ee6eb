"""Disagreement of a detector about two decodings with dither.

What the noise decides is not to be relied on: the picture is decoded twice, with noise
of the same variance added, and a detector looks at both. A box is consistent if the
other decoding has one of the same category at an overlap of one half.
"""

from collections.abc import Sequence

import numpy as np

from blocks import detection
from blocks.inspection import SHARE, Seen
from semlink.modalities.boxes import Boxes

SEEDS = 1, 2  # of the dithers
CONFIDENCE = 0.25  # of the boxes that are compared
OVERLAP = 0.5  # intersection over union of boxes that match


class SelfConsistency:
    """Share of the boxes over a region that do not match; 0 where there is no box."""

    unit = SHARE

    def __init__(self, finds: detection.Detector):
        self._finds = finds
        self.version = f"self_consistency 1, {finds.version}"

    def __call__(self, seen: Seen) -> np.ndarray:
        found = [self._finds(seen.dithered(seed)).above(CONFIDENCE) for seed in SEEDS]
        alone = np.zeros(seen.error.shape[:2])
        boxes = np.zeros_like(alone)
        for these, others in (found, found[::-1]):
            for box, matched in zip(these.xywh, matches(these, others), strict=True):
                here = _regions(box, seen.side)
                boxes[here] += 1
                alone[here] += not matched
        return np.float32(alone / np.maximum(boxes, 1))


def matches(boxes: Boxes, others: Boxes) -> Sequence[bool]:
    """Whether each box has a match among others, each of which matches once."""
    free, found = list(range(len(others.categories))), []
    for category, box in zip(boxes.categories, boxes.xywh, strict=True):
        alike = [i for i in free if others.categories[i] == category]
        best = max(alike, key=lambda i: _overlap(box, others.xywh[i]), default=None)
        found.append(best is not None and _overlap(box, others.xywh[best]) >= OVERLAP)
        if found[-1]:
            free.remove(best)
    return found


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two boxes (x, y, width, height)."""
    low = np.maximum(one[:2], other[:2])
    high = np.minimum(one[:2] + one[2:], other[:2] + other[2:])
    both = np.prod(np.maximum(high - low, 0))
    either = np.prod(one[2:]) + np.prod(other[2:]) - both
    return float(both / either) if either > 0 else 0.0


def _regions(box: np.ndarray, side: int) -> tuple[slice, slice]:
    """The regions that a box touches."""
    x, y, width, height = box
    rows, columns = (
        slice(int(max(start, 0) // side), int(np.ceil(max(start + length, 0) / side)))
        for start, length in ((y, height), (x, width))
    )
    return rows, columns


def build(detector: str = "nanodet") -> SelfConsistency:
    """Build the inspector.

    Parameters
    ----------
    detector : detector, by name
    """
    return SelfConsistency(detection.detector(detector))
