"""Figure of step responses: what is lost after a step, case by case."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from scipy.special import stdtrit

from experiments.figures.canvas import save

Curves = Mapping[str, np.ndarray]  # loss after a step [E, frames], by name


def draw(panels: Mapping[str, Curves], unit: str, path: Path) -> Path:
    """Draw a panel for each case: means over episodes, with 95 % intervals.

    Parameters
    ----------
    panels : curves of each case, by its title; the same names in all of them
    unit : what is lost, on the vertical axis
    path : of the figure
    """
    figure, row = plt.subplots(
        1,
        len(panels),
        figsize=(max(1.5 + 2.5 * len(panels), 6.5), 3.4),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axes, (title, curves) in zip(row[0], panels.items(), strict=True):
        for name, values in curves.items():
            _draw(axes, name, values)
        axes.set(title=title, xlabel="frames since a step")
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    row[0, 0].set_ylabel(unit)
    handles, names = row[0, 0].get_legend_handles_labels()
    columns = min(len(names), 2 * len(panels))
    figure.legend(handles, names, loc="outside upper center", ncols=columns)
    return save(figure, path)


def _draw(axes, name: str, values: np.ndarray) -> None:
    episodes, frames = values.shape
    at, mean = np.arange(frames), values.mean(axis=0)
    half = stdtrit(episodes - 1, 0.975) * values.std(axis=0, ddof=1) / episodes**0.5
    (line,) = axes.plot(at, mean, linewidth=1.2, label=name)
    low, high = mean - half, mean + half
    axes.fill_between(at, low, high, color=line.get_color(), alpha=0.15, linewidth=0)
