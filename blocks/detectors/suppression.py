"""From scores and boxes of a network to objects: non-maximum suppression by OpenCV."""

from collections.abc import Sequence

import numpy as np

from blocks.detection import LEAST
from semlink.modalities.boxes import Boxes

MOST = 100  # objects in a picture, as COCO's evaluation takes them


def suppressed(
    scores: np.ndarray,
    sides: np.ndarray,
    categories: Sequence[str],
    size: tuple[int, int],
    overlap: float,
) -> Boxes:
    """Objects in order of falling confidence, each category suppressed on its own.

    Input
    -----
    scores : [n, C], float32, confidence of each category
    sides : [n, 4], float32, left, top, right and bottom [pixels]

    Parameters
    ----------
    categories : [C], their names
    size : (H, W) of the picture, to which boxes are clipped
    overlap : largest intersection over union of two objects of a category
    """
    import cv2

    place, category = np.nonzero(scores >= LEAST)
    confidence = scores[place, category].astype(np.float32)
    limit = np.float32([size[1], size[0], size[1], size[0]])
    corners = np.clip(sides[place], 0, limit).astype(np.float32)
    xywh = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxesBatched(
        xywh.tolist(), confidence.tolist(), category.tolist(), LEAST, overlap
    )
    index = np.array(sorted(map(int, kept), key=lambda i: -confidence[i]), int)[:MOST]
    names = tuple(categories[category[i]] for i in index)
    return Boxes(names, confidence[index], xywh[index], size)
