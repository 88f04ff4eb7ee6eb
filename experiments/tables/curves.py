"""Curves of a metric over the measured CBR, and their resamples."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from experiments.studies.bjontegaard_delta import Delta, delta, deltas
from experiments.studies.compare import are_paired
from semlink.store.results import read_sums
from semlink.store.rows import Row

RESAMPLES = 2000
SEED = 0
MOST_WITHOUT = 0.05  # share of resamples without a value

# (sum, count) by image
Sums = Mapping[int, tuple[float, float]]


class Interval(NamedTuple):
    """Ends of a 95 % interval."""

    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half of its width."""
        return (self.high - self.low) / 2


UNKNOWN = Interval(float("nan"), float("nan"))


class Compared(NamedTuple):
    """A curve compared with another one.

    delta : Bjontegaard deltas, or why there are none
    gain, rate : their 95 % intervals
    images : number of common images
    lacks : why there are no intervals; empty if there are
    """

    delta: Delta | str
    gain: Interval = UNKNOWN
    rate: Interval = UNKNOWN
    images: int = 0
    lacks: str = ""

    def reversed(self) -> "Compared":
        """The other one compared with this curve."""
        if isinstance(self.delta, str):
            return self
        (low, high), (less, more) = self.gain, self.rate
        return self._replace(
            delta=self.delta._replace(
                gain=-self.delta.gain, rate=_inverse(self.delta.rate)
            ),
            gain=Interval(-high, -low),
            rate=Interval(_inverse(more), _inverse(less)),
        )


def _inverse(rate: float) -> float:
    """The relative difference of a to b, from that of b to a."""
    return 1 / (1 + rate) - 1


class Curve(NamedTuple):
    """Points of one transmitter over one channel, by measured CBR.

    folder, rows : run, and rows of the points that have a mean
    levels, cbrs : sums and counts of metric and CBR of each point; empty for metrics
        of a set, of which images have none
    """

    folder: Path
    rows: Sequence[Row]
    levels: Sequence[Sums]
    cbrs: Sequence[Sums]

    @property
    def points(self) -> list[tuple[float, float]]:
        """CBR and mean of each point."""
        return [(float(row["cbr"]), float(row["mean"])) for row in self.rows]

    def resampled(self, images: Sequence[int], weights: np.ndarray) -> np.ndarray:
        """CBR and mean [2, resamples, points] with weights [resamples, images]."""
        return np.stack([_means(s, images, weights) for s in (self.cbrs, self.levels)])


def curve(folder: Path, rows: Sequence[Row], with_samples: bool) -> Curve:
    """The curve through some points of a run.

    Parameters
    ----------
    folder, rows : run, and rows of one metric, transmitter, channel and SNR
    with_samples : read the values of each image

    Raises
    ------
    InputError
        The samples of a point cannot be read.
    """
    ok = (row for row in rows if row["status"] == "ok" and row["mean"] != "nan")
    known = sorted(ok, key=lambda row: float(row["cbr"]))
    sums = [read_sums(folder, row["point_id"]) for row in known if with_samples]
    levels = [own.get(row["metric"], {}) for row, own in zip(known, sums, strict=False)]
    return Curve(folder, known, levels, [own.get("cbr", {}) for own in sums])


def compared(anchor: Curve, test: Curve) -> Compared:
    """Deltas of a curve to an anchor, with intervals by a bootstrap over images.

    A resample draws images with replacement, the same for both curves and all of their
    CBRs, so that differences are paired; metric and CBR of its points are the means
    over these images. The interval is that of Student's t around the delta, with the
    standard error of the resamples, for the rate in logarithms. Percentiles of the
    resamples would be too narrow for few images.

    References
    ----------
    B. Efron, R. Tibshirani, An Introduction to the Bootstrap, 1993, ch. 6 and 12.
    """
    found = delta(anchor.points, test.points)
    if isinstance(found, str):
        return Compared(found)
    curves = anchor, test
    first, second = ((c.folder, c.rows[0]) for c in curves)
    if not all(c.levels and all(c.levels) for c in curves):
        return Compared(found, lacks="images have no values of their own")
    if not all(map(all, (c.cbrs for c in curves))):
        return Compared(found, lacks="the run is older than the CBR of each image")
    if not are_paired(first, second):
        return Compared(found, lacks="one of them has draws as samples")
    sums = [own for c in curves for own in (*c.levels, *c.cbrs)]
    images = sorted(set(sums[0]).intersection(*sums[1:]))
    if len(images) < 2:
        return Compared(found, images=len(images), lacks="there is one image")
    weights = drawn(len(images))
    both = deltas(*(c.resampled(images, weights) for c in curves))
    if max(np.isnan(values).mean() for values in both) > MOST_WITHOUT:
        lacks = f"over {MOST_WITHOUT:.0%} of the resamples do not rise or overlap"
        return Compared(found, images=len(images), lacks=lacks)
    gain = around(found.gain, both[0], len(images))
    rate = around(np.log1p(found.rate), np.log1p(both[1]), len(images))
    return Compared(found, gain, Interval(*np.expm1(rate).tolist()), len(images))


def drawn(images: int) -> np.ndarray:
    """How often each image is in each resample [resamples, images]."""
    rng = np.random.default_rng(SEED)
    return rng.multinomial(images, np.full(images, 1 / images), size=RESAMPLES)


def around(value: float, resampled: np.ndarray, images: int) -> Interval:
    """The 95 % interval around a value, some of whose resamples may be NaN.

    Resampling divides by the number of images; the variance of a sample divides by one
    less.
    """
    error = np.nanstd(resampled) * np.sqrt(images / (images - 1))
    half = float(stdtrit(images - 1, 0.975) * error)
    return Interval(value - half, value + half)


def _means(points: Sequence[Sums], images, weights: np.ndarray) -> np.ndarray:
    """Ratio of resampled sums and counts [resamples, points]."""
    table = np.array([[own[image] for own in points] for image in images])
    sums, counts = np.moveaxis(table, -1, 0)
    return (weights @ sums) / (weights @ counts)
