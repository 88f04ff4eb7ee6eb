"""How unsure a detector is of a frame, from what it found: higher is less sure."""

from collections.abc import Callable, Mapping

import numpy as np
from scipy.special import entr

from blocks.tasks.average_precision import counted
from semlink.modalities.boxes import Boxes

CONFIDENCE = 0.3  # from which a detection counts


def agreement(found: Boxes, reference: Boxes) -> float:
    """F1 at IoU 0.5 of detections against others, of those that count."""
    objects = [
        [name, *map(float, box), float(box[2] * box[3]), 0]
        for name, box in _sure(reference)
    ]
    rows = [[name, 1.0, *map(float, box)] for name, box in _sure(found)]
    return counted({"objects": objects, "found": rows}).f1


def mirrored(image: np.ndarray) -> np.ndarray:
    """An image [H, W, 3] with left and right exchanged."""
    return np.ascontiguousarray(image[:, ::-1])


def mirrored_boxes(boxes: Boxes) -> Boxes:
    """The boxes of the mirrored image."""
    xywh = boxes.xywh.copy()
    xywh[:, 0] = boxes.size[1] - xywh[:, 0] - xywh[:, 2]
    return boxes._replace(xywh=xywh)


def expected_f1(found: Boxes, again: Boxes) -> float:
    """1 less the F1 to expect if confidences are probabilities.

    Of detections that count, the sum of confidences are hits; that of all detections
    is the number of objects.
    """
    p = found.scores.astype(float)
    kept = p[p >= CONFIDENCE]
    total = len(kept) + p.sum()
    return float(1 - 2 * kept.sum() / total) if total else 0.0


def entropy(found: Boxes, again: Boxes) -> float:
    """Mean entropy of detections, weighted by confidence [nat]."""
    p = found.scores.astype(float)
    spread = entr(p) + entr(1 - p)
    return float((p * spread).sum() / p.sum()) if p.sum() else 0.0


def ambiguous(found: Boxes, again: Boxes) -> float:
    """Expected number of detections that are on the wrong side of the threshold."""
    p = found.scores.astype(float)
    return float(np.where(p >= CONFIDENCE, 1 - p, p).sum())


def inconsistency(found: Boxes, again: Boxes) -> float:
    """1 less the agreement with what is found in the mirrored frame."""
    return 1 - agreement(found, again)


Doubt = Callable[[Boxes, Boxes], float]
# of detections in a frame, and in its mirror image, turned back
DOUBTS: Mapping[str, Doubt] = {
    "expected_f1": expected_f1,
    "entropy": entropy,
    "ambiguous": ambiguous,
    "inconsistency": inconsistency,
}
TWICE = ("inconsistency",)  # doubts that need the mirror image


def _sure(boxes: Boxes):
    kept = boxes.above(CONFIDENCE)
    return zip(kept.categories, kept.xywh, strict=True)
