"""Running estimates of a point: means, confidence intervals, stopping.

A metric that is additive over samples arrives as ``(sum, count)`` per transmission. Its
estimate is the ratio of the two totals: a plain mean if every count is one, an error
rate if the count is a number of bits. A metric of a set is the score of all
observations, with an interval from a bootstrap over samples. Channel draws of one
sample are not independent and are summed first. The draws are the independent samples
if there is a single sample, or if the ends of the link have memory: a draw of the whole
set is then one experiment.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.special import stdtrit

from semlink.config import StopRule
from semlink.metrics import Judgement, Metric, Task
from semlink.sweeps.bootstrap import bootstrap

FIRST_CHECK = 8  # least draws of a single sample before the stopping rule applies


class Value(NamedTuple):
    """An estimate: mean, half width of its 95 % interval, and count.

    ``count`` is the denominator: transmissions, or bits, blocks, channel uses.
    """

    mean: float
    ci95: float
    count: int


NOTHING = Value(float("nan"), float("nan"), 0)


class Monitor:
    """Collects the transmissions of one point.

    Parameters
    ----------
    rule : stopping rule
    metrics : task and description of each metric, by name
    tasks : tasks by name, which score metrics of a set
    num_samples : number of samples of a draw
    ordered : samples of a draw depend on each other
    """

    def __init__(
        self,
        rule: StopRule,
        metrics: Mapping[str, tuple[str, Metric]],
        tasks: Mapping[str, Task],
        *,
        num_samples: int,
        ordered: bool = False,
    ):
        self._rule, self._metrics, self._tasks = rule, metrics, tasks
        self._num_samples = num_samples
        self._by_draw = ordered or num_samples == 1
        # by metric or task, then by independent sample
        self._sums: dict[str, dict[int, np.ndarray]] = defaultdict(dict)
        self._observed: dict[str, dict[int, list]] = defaultdict(dict)
        # by task: number of its observations, and their scores with intervals
        self._scores: dict[str, tuple[int, dict[str, tuple[float, float]]]] = {}
        self._seen: set[int] = set()
        self._draws = 0

    def schedule(self) -> Iterator[tuple[int, int]]:
        """Yield (sample, draw) in a fixed order until the stopping rule holds.

        A point ends after a draw of the whole set, so all transmitters are judged by
        the same samples.
        """
        for draw in range(self._max_draws()):
            if draw >= self._rule.draws and self._enough():
                return
            for sample in range(self._num_samples):
                yield sample, draw

    def add(self, sample: int, draw: int, judgement: Judgement) -> None:
        """Add the judgement of one transmission."""
        self._seen.add(sample)
        self._draws = max(self._draws, draw + 1)
        independent = draw if self._by_draw else sample
        for name, (total, count) in judgement.values.items():
            sums = self._sums[name].setdefault(independent, np.zeros(2))
            sums += (total, count)
        for task, seen in judgement.observed.items():
            if seen is not None:
                self._observed[task].setdefault(independent, []).append(seen)

    @property
    def samples_seen(self) -> int:
        """Number of samples sent."""
        return len(self._seen)

    @property
    def draws(self) -> int:
        """Largest number of draws of a sample."""
        return self._draws

    def value(self, metric: str) -> Value:
        """The estimate of a metric so far; NaN without observations."""
        task, described = self._metrics.get(metric, ("", Metric(metric, metric)))
        if described.kind == "set":
            return self._score(task, described)
        return estimated(list(self._sums[metric].values()), described.kind)

    def samples(self, metric: str) -> dict[int, np.ndarray]:
        """Sum and count [2] of each independent sample."""
        return self._sums[metric]

    def names(self) -> list[str]:
        """Names of all counted values, in alphabetical order."""
        return sorted(self._sums)

    def total(self, metric: str) -> float:
        """The sum over all samples."""
        return float(sum(sums[0] for sums in self._sums[metric].values()))

    @property
    def observations(self) -> dict[str, dict[int, list[Mapping[str, Any]]]]:
        """Observations of tasks with metrics of a set, by task and sample."""
        return dict(self._observed)

    def _score(self, task: str, metric: Metric) -> Value:
        """The value of a metric of the whole set."""
        groups = list(self._observed[task].values())
        if not groups:
            return NOTHING
        count = sum(map(len, groups))
        if self._scores.get(task, (0, {}))[0] != count:
            self._scores[task] = count, bootstrap(self._tasks[task], task, groups)
        return Value(*self._scores[task][1][metric.name], count)

    def _max_draws(self) -> int:
        rule = self._rule
        return max(rule.draws, rule.max_draws) if rule.ci95 else rule.draws

    def _enough(self) -> bool:
        if self._num_samples == 1 and self.draws < FIRST_CHECK:
            return False
        return self.value(self._rule.metric).ci95 <= self._rule.ci95


def estimated(sums: Sequence[Sequence[float]], kind: str) -> Value:
    """The estimate from the sum and count of each independent sample.

    Parameters
    ----------
    sums : (sum, count) of each sample; those without a count are left out
    kind : kind of the metric, not that of a set
    """
    samples = np.array(sums).reshape(-1, 2)
    samples = samples[samples[:, 1] > 0]
    if not len(samples):
        return NOTHING
    total, count = samples.sum(axis=0)
    half_width = interval(samples, kind == "proportion")
    if kind == "ratio" and total in (0, count):
        half_width = float("nan")  # zero sample variance, and no exact bound
    return Value(float(total / count), half_width, int(count))


def interval(samples: np.ndarray, proportion: bool) -> float:
    """Half width of the 95 % interval of a ratio estimator.

    Parameters
    ----------
    samples : [n, 2], sum and count of n independent samples
    proportion : the samples are yes or no; if all agree, the exact bound for n such
        trials (Clopper-Pearson) replaces the t interval, which would be zero

    Output
    ------
    : half width, NaN for a single sample

    References
    ----------
    W. G. Cochran, Sampling Techniques, 3rd ed., 1977, eq. (6.13).
    """
    n = len(samples)
    total = samples.sum(axis=0)
    mean = total[0] / total[1]
    if proportion and mean in (0.0, 1.0):
        return float(1.0 - 0.025 ** (1.0 / n))
    if n < 2:
        return float("nan")
    residual = samples[:, 0] - mean * samples[:, 1]
    variance = n / (n - 1) * np.sum(residual**2) / total[1] ** 2
    return float(stdtrit(n - 1, 0.975) * np.sqrt(variance))
