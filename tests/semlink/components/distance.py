"""A task that only knows how far apart two pictures are."""

import numpy as np

from semlink.metrics import Metric
from semlink.units import psnr_db


class Distance:
    """PSNR and the share of pixels that differ."""

    judges = ("image",)
    metrics = (
        Metric("psnr", "PSNR", "dB"),
        Metric("differing", "differing values", kind="ratio", higher_is_better=False),
    )

    def observe(self, sample, estimate):
        differing = float(np.sum(sample.data != estimate.data))
        psnr = psnr_db(sample.data, estimate.data)
        return {"psnr": (psnr, 1.0), "differing": (differing, float(sample.data.size))}

    def score(self, observations):
        return {}


def build() -> Distance:
    """Build the task."""
    return Distance()
