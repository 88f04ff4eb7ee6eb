"""All objects that a detector finds at the transmitter."""

from typing import Annotated

import numpy as np
from pydantic import Field

from blocks.detection import detector
from blocks.importances import HIGHEST, Importance, marked
from semlink.signals import Sample


class Objects:
    """Boxes of detected objects, all at one level."""

    hears_query = False

    def __init__(self, word: str, confidence: float, level: int):
        self._find, self._confidence, self._level = detector(word), confidence, level

    def __call__(self, sample: Sample) -> np.ndarray:
        boxes = self._find(sample.data).above(self._confidence)
        return marked(sample.data.shape, boxes.xywh, self._level)


def build(
    detector: str = "nanodet",
    confidence: Annotated[float, Field(ge=0.05, le=0.95)] = 0.3,
    level: Annotated[int, Field(ge=1, le=HIGHEST)] = 2,
) -> Importance:
    """Build the component.

    Parameters
    ----------
    detector : detector by name
    confidence : least confidence of an object
    level : level of the objects; weights of squared error are 4, 16 and 64
    """
    return Objects(detector, confidence, level)
