"""Running estimates of a point: means, confidence intervals, when to stop.

Every metric arrives as ``{metric: (sum, count)}`` per transmission. Its estimate is
the ratio of the two totals, which is a plain mean where every count is one and an
error rate where the count is a number of bits. Channel draws of one image are not
independent samples of a picture: the image is the sample, its draws are added up
first. With a single image the draws are the samples.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from semlink.config import StopRule

RATES = ("ber", "bler", "goodput")  # bits and blocks of an image fail together
FIRST_CHECK = 8  # draws of a single image before its interval is believed


class Value(NamedTuple):
    """An estimate: mean, half width of its 95 % interval, and what it is a mean of.

    count is the denominator: transmissions, or bits, blocks, channel uses.
    """

    mean: float
    ci95: float
    count: int


class Monitor:
    """Collects the transmissions of one point.

    Parameters
    ----------
    rule : when it has seen enough
    num_images : how many images there are to go through
    """

    def __init__(self, rule: StopRule, *, num_images: int):
        self._rule = rule
        self._num_images = num_images
        # by metric, then by sample: an image, or a draw where there is one image
        self._sums: dict[str, dict[int, np.ndarray]] = defaultdict(dict)
        self._images: set[int] = set()
        self._draws = 0

    def schedule(self):
        """Yield (image, draw) until enough has been seen, in a fixed order.

        A point ends between draws of the whole set, so that all transmitters are
        judged by the same images.
        """
        for draw in range(self._max_draws()):
            if draw >= self._rule.draws and self._enough():
                return
            for image in range(self._num_images):
                yield image, draw

    def add(self, image: int, draw: int, metrics: Mapping) -> None:
        """Take one transmission's ``{metric: (sum, count)}``."""
        self._images.add(image)
        self._draws = max(self._draws, draw + 1)
        sample = draw if self._num_images == 1 else image
        for name, (total, count) in metrics.items():
            sums = self._sums[name].setdefault(sample, np.zeros(2))
            sums += (total, count)

    @property
    def images(self) -> int:
        """How many images were sent."""
        return len(self._images)

    @property
    def draws(self) -> int:
        """How often the image sent most often was sent."""
        return self._draws

    def value(self, metric: str) -> Value:
        """The estimate of a metric so far; NaN where there is nothing to say."""
        samples = np.array(list(self._sums[metric].values())).reshape(-1, 2)
        samples = samples[samples[:, 1] > 0]
        if not len(samples):
            return Value(float("nan"), float("nan"), 0)
        total, count = samples.sum(axis=0)
        half_width = interval(samples, metric == "outage")
        if metric in RATES and total in (0, count):
            half_width = float("nan")  # no variance seen, and no exact bound known
        return Value(float(total / count), half_width, int(count))

    def samples(self, metric: str) -> dict[int, np.ndarray]:
        """Sum and count [2] of each independent sample: an image, or a draw of one."""
        return self._sums[metric]

    def _max_draws(self) -> int:
        rule = self._rule
        return max(rule.draws, rule.max_draws) if rule.ci95 else rule.draws

    def _enough(self) -> bool:
        if self._num_images == 1 and self.draws < FIRST_CHECK:
            return False
        return self.value(self._rule.metric).ci95 <= self._rule.ci95


def interval(samples: np.ndarray, proportion: bool) -> float:
    """Half width of the 95 % interval of a ratio estimator.

    Parameters
    ----------
    samples : [n, 2], sum and count of n independent samples
    proportion : the samples are yes or no; where all agree, the exact bound for n
        such trials (Clopper-Pearson) replaces the t interval, which would be zero

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
