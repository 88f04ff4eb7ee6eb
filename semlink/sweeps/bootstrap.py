"""Scores of a whole set, and their intervals from a bootstrap over samples.

References
----------
B. Efron, R. Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13 (percentile
interval).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from semlink.contracts.tasks import scored
from semlink.metrics import Resampled, Task

RESAMPLED = 200  # resamples of an interval


class Resamples:
    """Scores of resamples of independent samples.

    Parameters
    ----------
    task, name : task that scores them, and its name
    groups : observations of each independent sample
    """

    def __init__(
        self, task: Task, name: str, groups: Sequence[Sequence[Mapping[str, Any]]]
    ):
        self._task, self._name = task, name
        self._seen = [one for group in groups for one in group]
        ends = np.cumsum([len(group) for group in groups])
        self._places = [
            range(end - len(group), end)
            for end, group in zip(ends, groups, strict=True)
        ]
        self._fast = (
            task.resampling(self._seen) if isinstance(task, Resampled) else None
        )

    def whole(self) -> dict[str, float]:
        """Score of all samples, each once."""
        fast = self._fast
        scores = self._task.score(self._seen) if fast is None else fast(None)
        return scored(scores, self._task, self._name)

    def __call__(self, chosen: Sequence[int]) -> dict[str, float]:
        """Score of the samples of these numbers, which may occur several times."""
        index = [place for i in chosen for place in self._places[i]]
        if self._fast is not None:
            return scored(self._fast(index), self._task, self._name)
        seen = [self._seen[place] for place in index]
        return scored(self._task.score(seen), self._task, self._name)


def bootstrap(
    task: Task, name: str, groups: Sequence[Sequence[Mapping[str, Any]]]
) -> dict[str, tuple[float, float]]:
    """Each score of all samples, and half the width of its 95 % interval.

    Input
    -----
    groups : observations of each independent sample
    """
    resamples = Resamples(task, name, groups)
    whole = resamples.whole()
    if len(groups) < 2:
        return {metric: (value, float("nan")) for metric, value in whole.items()}
    rng = np.random.default_rng(0)
    drawn = rng.integers(len(groups), size=(RESAMPLED, len(groups)))
    scores = [resamples(chosen) for chosen in drawn]
    return {
        metric: (value, half_width([score[metric] for score in scores]))
        for metric, value in whole.items()
    }


def half_width(scores: Sequence[float]) -> float:
    """Half the width of the 95 % interval of scores; NaN without variance.

    Where all scores agree, the sample variance is zero, and there is no exact bound.
    """
    if np.isnan(scores).all():
        return float("nan")
    low, high = np.nanquantile(scores, [0.025, 0.975])
    return float(high - low) / 2 or float("nan")
