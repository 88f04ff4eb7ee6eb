"""A task that compares a picture with the worst one before it."""

import numpy as np

from semlink.metrics import Metric


class WorstSoFar:
    """Error over the largest error so far."""

    judges = ("image",)
    metrics = (Metric("error", "error", higher_is_better=False),)

    def __init__(self):
        self._worst = 1.0

    def observe(self, sample, estimate):
        received = 128 if estimate.data is None else estimate.data.astype(float)
        error = float(np.mean((sample.data - received) ** 2))
        self._worst = max(self._worst, error)
        return {"error": (error / self._worst, 1.0)}

    def score(self, observations):
        return {}


def build() -> WorstSoFar:
    """Build the task."""
    return WorstSoFar()
