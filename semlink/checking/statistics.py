"""Tests of means with a stated probability of a false alarm."""

import numpy as np
from scipy.stats import t

from semlink.checking.rules import Finding

FALSE_ALARM = 1e-6  # probability that a component that keeps a rule fails it
ROUNDING = 1e-4  # of float32, in means


def half_width(values: np.ndarray) -> float:
    """Half width of Student's t interval of the mean of independent values [n]."""
    n = len(values)
    quantile = t.ppf(1 - FALSE_ALARM / 2, n - 1)
    return float(quantile * np.std(values, ddof=1) / np.sqrt(n)) + ROUNDING


def mean_is(
    values: np.ndarray, expected: float, what: str, slack: float = 0.0
) -> Finding:
    """Whether independent values [n] have a mean as expected.

    ``slack`` : error that is allowed beside the interval
    """
    mean, width = float(np.mean(values)), half_width(values) + slack
    kept = abs(mean - expected) <= width
    return Finding(kept, f"{what} = {mean:.4g}", f"{expected:g} +- {width:.2g}")


def positive_mean_is(
    values: np.ndarray, expected: float, what: str, slack: float = 0.0
) -> Finding:
    """The same for values of at least zero, whose distribution may have a long tail.

    The interval of a sample mean is too short for shadowing of several dB: its rare
    large values are missing in most samples. A mean is also as expected if the interval
    of a log-normal distribution with the moments of log(values) holds it.
    """
    found = mean_is(values, expected, what, slack)
    logs = np.log(np.maximum(values, 1e-30))
    spread = float(np.var(logs, ddof=1))
    n = len(values)
    quantile = t.ppf(1 - FALSE_ALARM / 2, n - 1)
    width = quantile * np.sqrt(spread / n + spread**2 / (2 * n)) + ROUNDING
    centre = float(np.mean(logs)) + spread / 2
    kept = bool(abs(centre - np.log(expected)) <= width)
    return found._replace(kept=found.kept or kept)
