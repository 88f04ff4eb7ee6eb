"""Classification: whether the receiver decides as the network does on the original.

The network is EfficientNet-Lite0 (ImageNet, 1,000 classes). It decides on received
pictures; decisions that a receiver made itself are taken as they are.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from blocks.classifier import PRIOR, decide
from semlink.metrics import Bounds, Metric
from semlink.modalities.decisions import DECISION
from semlink.signals import IMAGE, Estimate, Sample

RANKS = len(PRIOR)


class Classification:
    """Agreement with the decision on the original.

    A lost estimate is the prior decision: the most frequent one on training photos.
    Samples that are no pictures do not count.
    """

    judges = (IMAGE, DECISION)
    metrics = (
        Metric("agreement", "top-1 agreement", kind="proportion", digits=3),
        Metric(
            "agreement5",
            "top-5 agreement",
            kind="proportion",
            digits=3,
            headline=False,
        ),
    )

    def observe(self, sample: Sample, estimate: Estimate) -> dict:
        """Whether the original's decision is the received one, or among its five."""
        if sample.modality != IMAGE:
            return dict.fromkeys(self._names, (0.0, 0.0))
        wanted, found = _decision(sample.data), _ranked(estimate)
        return self._by_name((wanted == found[0], 1.0), (wanted in found, 1.0))

    def confidence(self, estimate: Estimate, query: Any) -> float:
        """Probability of the decided class, as the network gives it."""
        decided = estimate.modality == DECISION
        return float(np.max(estimate.data if decided else decide(estimate.data)))

    def score(self, observations) -> dict:
        """Nothing: the task has no metrics of a set."""
        return {}

    def bounds(self, samples: Sequence[Sample]) -> Mapping[str, Bounds]:
        """The prior decision for every picture, and the original's."""
        wanted = [_decision(s.data) for s in samples if s.modality == IMAGE]
        if not wanted:
            return {}
        floors = np.mean(np.equal(wanted, PRIOR[0])), np.mean(np.isin(wanted, PRIOR))
        return self._by_name(*(Bounds(float(floor), 1.0) for floor in floors))

    @property
    def _names(self) -> list[str]:
        return [metric.name for metric in self.metrics]

    def _by_name(self, *values) -> dict:
        return dict(zip(self._names, values, strict=True))


def build() -> Classification:
    """Build the task; it has no parameters."""
    return Classification()


def files(**_) -> list[Path]:
    """Files that the results depend on: the weights of the classifier."""
    from blocks.nn.efficientnet.lite import FILE

    return [FILE]


def _decision(image: np.ndarray) -> int:
    return int(decide(image).argmax())


def _ranked(estimate: Estimate) -> tuple[int, ...]:
    """The most probable classes of an estimate; classes of probability 0 are left out.

    The first of equal ones has the lower number.
    """
    if estimate.data is None:
        return PRIOR
    decided = estimate.modality == DECISION
    p = estimate.data if decided else decide(estimate.data)
    best = np.argsort(-p, kind="stable")[:RANKS]
    return tuple(int(label) for label in best if p[label] > 0)
