"""Regions: distortion of the received picture inside and outside its objects."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from blocks.importances import HIGHEST, marked, pixels_of, weights_of
from blocks.keywords import named
from blocks.tasks.reconstruction import concealed
from semlink.metrics import Metric
from semlink.signals import IMAGE, Estimate, Sample
from semlink.units import linear_to_db

LEAST = 1e-5  # least mean squared error of a region, of pixels from 0 to 1: 50 dB


class Regions:
    """PSNR inside and outside the annotated objects, and weighted PSNR.

    Objects are boxes in cells of 16x16 pixels, as a transmitter signals them. The
    weighted PSNR weights the squared error of a pixel inside. Pictures without objects
    of interest, or with nothing outside them, do not count. Errors below 50 dB count
    as 50 dB.
    """

    judges = (IMAGE,)
    metrics = (
        Metric("psnr_inside", "PSNR inside", "dB", digits=2),
        Metric("psnr_outside", "PSNR outside", "dB", digits=2),
        Metric("psnr_weighted", "weighted PSNR", "dB", digits=2),
    )

    def __init__(self, of: str, level: int):
        self._of, self._level = of, level

    def observe(self, sample: Sample, estimate: Estimate) -> dict:
        """All metrics of one delivery : (value, 1), or (0, 0) where not defined."""
        levels = pixels_of(self._map(sample), sample.data.shape)
        inside = levels > 0
        if inside.all() or not inside.any():
            return {metric.name: (0.0, 0.0) for metric in self.metrics}
        difference = sample.data - concealed(sample, estimate).astype(np.float64)
        error = np.mean((difference / 255) ** 2, axis=2)
        weights = weights_of(levels)
        means = (
            error[inside].mean(),
            error[~inside].mean(),
            np.average(error, weights=weights),
        )
        names = (metric.name for metric in self.metrics)
        return {name: (_psnr_db(m), 1.0) for name, m in zip(names, means, strict=True)}

    def score(self, observations) -> dict:
        """Nothing: the task has no metrics of a set."""
        return {}

    def _map(self, sample: Sample) -> np.ndarray:
        """The annotated objects of interest in a picture : [h, w], uint8."""
        objects = sample.annotations.get("instances", ())
        if self._of == "query":
            wanted = set(named(sample.query))
            objects = [o for o in objects if o["category"] in wanted]
        boxes = np.array([o["bbox"] for o in objects])
        return marked(sample.data.shape, boxes, self._level)


def _psnr_db(mean_squared_error: float) -> float:
    return float(-linear_to_db(max(mean_squared_error, LEAST)))


def build(
    of: Literal["all", "query"] = "all",
    level: Annotated[int, Field(ge=1, le=HIGHEST)] = 2,
) -> Regions:
    """Build the task.

    Parameters
    ----------
    of : ``all`` annotated objects, or those that the receiver's ``query`` names
    level : level of importance inside: weights of squared error are 4, 16 and 64
    """
    return Regions(of, level)
