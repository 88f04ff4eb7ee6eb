"""The objects that the receiver asks for: its classes, or those its questions name.

A detector at the transmitter finds them. Without a query, or if it names no object that
is found, all of the picture counts the same.
"""

from typing import Annotated

import numpy as np
from pydantic import Field

from blocks.detection import detector
from blocks.importances import HIGHEST, Importance, marked
from blocks.keywords import named
from semlink.signals import Sample


class Wanted:
    """Boxes of detected objects of the categories that a query names."""

    hears_query = True

    def __init__(self, word: str, confidence: float, level: int):
        self._find, self._confidence, self._level = detector(word), confidence, level

    def __call__(self, sample: Sample) -> np.ndarray:
        wanted = set(named(sample.query))
        xywh = np.zeros((0, 4))
        if wanted:
            boxes = self._find(sample.data).above(self._confidence)
            xywh = boxes.xywh[[name in wanted for name in boxes.categories]]
        return marked(sample.data.shape, xywh, self._level)


def build(
    detector: str = "nanodet",
    confidence: Annotated[float, Field(ge=0.05, le=0.95)] = 0.2,
    level: Annotated[int, Field(ge=1, le=HIGHEST)] = 2,
) -> Importance:
    """Build the component.

    Parameters
    ----------
    detector : detector by name
    confidence : least confidence of an object
    level : level of the objects; weights of squared error are 4, 16 and 64
    """
    return Wanted(detector, confidence, level)
