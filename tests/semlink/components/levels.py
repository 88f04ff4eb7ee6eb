"""A task whose reference depends on the source, with a floor and a ceiling."""

import numpy as np

from semlink.metrics import Bounds, Metric


class Levels:
    """Mean of the received values; the set's score is the largest of all."""

    judges = ("image",)

    def __init__(self, reference: str = "none"):
        self.metrics = (
            Metric("level", f"level, {reference} images"),
            Metric("highest", "highest level", kind="set"),
        )
        self.asked = 0

    def for_source(self, source) -> "Levels":
        return Levels(str(len(source)))

    def observe(self, sample, estimate):
        level = 0.0 if estimate.data is None else float(np.mean(estimate.data))
        return {"level": (level, 1.0), "seen": level}

    def score(self, observations):
        return {"highest": max(seen["seen"] for seen in observations)}

    def resampling(self, observations):
        def score(index):
            chosen = range(len(observations)) if index is None else index
            return self.score([observations[i] for i in chosen])

        return score

    def bounds(self, samples):
        self.asked += 1
        levels = [float(np.mean(sample.data)) for sample in samples]
        return {
            "level": Bounds(0.0, float(np.mean(levels))),
            "highest": Bounds(float("nan"), max(levels)),
        }


def build() -> Levels:
    """Build the task."""
    return Levels()
