"""Human captions of a COCO image: an oracle describer."""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from semlink.errors import InputError

ORACLE = True  # it reads the annotations of the picture


def build(number: Annotated[int, Field(ge=0)] = 0) -> "Captions":
    """Build the describer.

    Parameters
    ----------
    number : number of the caption; the last one if there are fewer
    """
    return Captions(number)


class Captions:
    """Returns a human caption of an image."""

    def __init__(self, number: int):
        self._number = number
        self.version = f"coco_captions {number}"

    def __call__(self, image: np.ndarray, annotations: Mapping[str, Any]) -> str:
        captions = annotations.get("captions", ())
        if not captions:
            raise InputError(
                "describer coco_captions needs a source with captions, such as "
                "coco:ROOT, got an image without"
            )
        return captions[min(self._number, len(captions) - 1)].strip()
