"""Bjontegaard deltas: mean differences between two curves of quality over CBR.

The curves are piecewise cubic (PCHIP) in the logarithm of the CBR, as in the common
test conditions of JVET. Arrays of curves, such as resamples, are compared at once.

References
----------
G. Bjontegaard, "Calculation of average PSNR differences between RD-curves", VCEG-M33,
2001.
F. N. Fritsch, J. Butland, "A method for constructing local monotone piecewise cubic
interpolants", SIAM J. Sci. Stat. Comput. 5(2), 1984.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

FEWEST = 4  # points of a curve


class Delta(NamedTuple):
    """Difference of two curves, and the range where both are known.

    gain : mean difference at equal CBR, in the unit of the metric
    rate : relative mean difference in CBR at an equal metric
    cbr, level : common range of CBR and of the metric, lower and upper end
    """

    gain: float
    rate: float
    cbr: tuple[float, float]
    level: tuple[float, float]


def delta(anchor: Sequence, test: Sequence) -> Delta | str:
    """Compare two curves, points (CBR, metric) in any order; or return a reason.

    The metric must be one of which a higher value is better.
    """
    if min(len(points) for points in (anchor, test)) < FEWEST:
        return f"fewer than {FEWEST} CBRs"
    curves = [np.array(sorted(points), float).T for points in (anchor, test)]
    if not all(_rises(axis) for curve in curves for axis in curve):
        return "a curve does not rise"
    gain, rate = deltas(*curves)
    if np.isnan(gain) or np.isnan(rate):
        return "no overlap"
    cbr, level = (_common(*both) for both in zip(*curves, strict=True))
    return Delta(float(gain), float(rate), _pair(cbr), _pair(level))


def deltas(anchor: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gain and rate of many pairs of curves.

    Input
    -----
    anchor, test : [2, ..., points], CBR and metric of each curve in ascending order

    Output
    ------
    : gain and rate [...] as in :class:`Delta`; NaN where a curve does not rise, or
        where the two do not overlap
    """
    (cbr, level), (other_cbr, other_level) = anchor, test
    with np.errstate(all="ignore"):  # of curves that do not rise: NaN is what is meant
        log_cbr, other_log_cbr = np.log(cbr), np.log(other_cbr)
        gain = _mean_gap(log_cbr, level, other_log_cbr, other_level)
        log_rate = _mean_gap(level, log_cbr, other_level, other_log_cbr)
    return gain, np.expm1(log_rate)


def _mean_gap(x, y, other_x, other_y) -> np.ndarray:
    """Mean of the second curve less the first one over their common range of x."""
    low, high = _common(x, other_x)
    areas = [_integral(*curve, low, high) for curve in ((other_x, other_y), (x, y))]
    known = _rises(x) & _rises(other_x) & (low < high)
    return np.where(known, (areas[0] - areas[1]) / (high - low), np.nan)


def _rises(values: np.ndarray) -> np.ndarray:
    return np.all(np.diff(values) > 0, axis=-1)


def _common(x: np.ndarray, other_x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper end of the common range of two ascending sequences [..., n]."""
    return (
        np.maximum(x[..., 0], other_x[..., 0]),
        np.minimum(x[..., -1], other_x[..., -1]),
    )


def _pair(ends) -> tuple[float, float]:
    low, high = map(float, ends)
    return low, high


def _integral(x, y, low, high) -> np.ndarray:
    """Integral of the curve through (x, y) [..., n] from ``low`` to ``high`` [...]."""
    step = np.diff(x)
    slope = _derivatives(step, np.diff(y) / step)
    ends = step * slope[..., :-1], step * slope[..., 1:]
    primitive = [
        _primitive(np.clip((end[..., None] - x[..., :-1]) / step, 0, 1), y, ends)
        for end in (low, high)
    ]
    return np.sum(step * (primitive[1] - primitive[0]), axis=-1)


def _primitive(t, y, ends) -> np.ndarray:
    """Integral of the Hermite cubics from 0 to t within each interval."""
    squared, cubed, fourth = t**2, t**3, t**4
    return (
        y[..., :-1] * (t - cubed + fourth / 2)
        + y[..., 1:] * (cubed - fourth / 2)
        + ends[0] * (squared / 2 - 2 * cubed / 3 + fourth / 4)
        + ends[1] * (fourth / 4 - cubed / 3)
    )


def _derivatives(step: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Derivatives [..., n] at the points, which keep the curve monotone between them.

    Weighted harmonic means of the slopes [..., n - 1] of both sides inside, and a
    one-sided estimate of three points at the ends.
    """
    before, after = slope[..., :-1], slope[..., 1:]
    weights = (
        2 * step[..., 1:] + step[..., :-1],
        step[..., 1:] + 2 * step[..., :-1],
    )
    mean = sum(weights) / (weights[0] / before + weights[1] / after)
    inside = np.where(before * after > 0, mean, 0.0)
    first = _at_end(step[..., 0], step[..., 1], slope[..., 0], slope[..., 1])
    last = _at_end(step[..., -1], step[..., -2], slope[..., -1], slope[..., -2])
    return np.concatenate([first[..., None], inside, last[..., None]], axis=-1)


def _at_end(step, next_step, slope, next_slope) -> np.ndarray:
    """Derivative at an end, limited so that the curve stays monotone."""
    found = ((2 * step + next_step) * slope - step * next_slope) / (step + next_step)
    turns = np.sign(slope) != np.sign(next_slope)
    steep = turns & (np.abs(found) > 3 * np.abs(slope))
    found = np.where(steep, 3 * slope, found)
    return np.where(np.sign(found) != np.sign(slope), 0.0, found)
