"""The annotated objects, as an oracle: the bound of what a detector can find."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from blocks.importances import HIGHEST, Importance, marked
from blocks.keywords import named
from semlink.signals import Sample

ORACLE = True


class TrueObjects:
    """Boxes of annotated objects, of all or of those that a query names."""

    def __init__(self, of: str, level: int):
        self.hears_query, self._level = of == "query", level

    def __call__(self, sample: Sample) -> np.ndarray:
        objects = sample.annotations.get("instances", ())
        if self.hears_query:
            wanted = set(named(sample.query))
            objects = [o for o in objects if o["category"] in wanted]
        boxes = np.array([o["bbox"] for o in objects])
        return marked(sample.data.shape, boxes, self._level)


def build(
    of: Literal["all", "query"] = "all",
    level: Annotated[int, Field(ge=1, le=HIGHEST)] = 2,
) -> Importance:
    """Build the component.

    Parameters
    ----------
    of : ``all`` objects, or those that the receiver's ``query`` names
    level : level of the objects; weights of squared error are 4, 16 and 64
    """
    return TrueObjects(of, level)
