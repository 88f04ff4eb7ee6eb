"""Figure of a calibration: reliability, and risk against coverage."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import NullFormatter

from experiments.figures.canvas import save

BINS = 20  # of as many regions each


class Curve(NamedTuple):
    """Points of a curve : [n] each."""

    x: np.ndarray
    y: np.ndarray


def draw(errors: Curve, coverage: Curve, risks: Sequence[float], path: Path) -> Path:
    """Draw both.

    Parameters
    ----------
    errors : expected and true squared errors of regions
    coverage : share of regions accepted, and share of bad ones among them
    risks : lines of the right panel
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    _reliability(left, errors)
    right.plot(coverage.x, coverage.y, color="tab:blue")
    for risk in risks:
        right.axhline(risk, color="grey", linewidth=0.6, linestyle=":")
    right.set(xlabel="regions accepted", ylabel="bad among them", xlim=(0, 1))
    right.set_ylim(0, max(float(coverage.y[-1]), max(risks)))
    right.grid(alpha=0.3)
    return save(figure, path)


def _reliability(axes, errors: Curve) -> None:
    """Mean, and quarters, of the true error at an expected one."""
    bins = np.array_split(np.argsort(errors.x), BINS)
    bins = [part for part in bins if len(part)]
    at = [errors.x[part].mean() for part in bins]
    low, high = np.array([np.quantile(errors.y[part], (0.25, 0.75)) for part in bins]).T
    axes.fill_between(at, low, high, alpha=0.25, label="half of the regions")
    axes.plot(at, [errors.y[part].mean() for part in bins], "o-", label="mean")
    ends = [min(at), max(at)]
    axes.plot(ends, ends, color="black", linewidth=0.8, label="as expected")
    axes.set(xscale="log", yscale="log", xlabel="expected squared error")
    axes.set_ylabel("true squared error")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())
    axes.grid(alpha=0.3)
    axes.legend()
