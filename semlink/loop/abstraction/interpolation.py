"""Places on the grid of a table, and values between its points."""

from typing import NamedTuple

import numpy as np


class Axis(NamedTuple):
    """Places on one axis.

    low, high : int, the points below and above
    share : of the way from the one to the other, from 0 to below 1
    """

    low: np.ndarray
    share: np.ndarray
    high: np.ndarray


class Place(NamedTuple):
    """Places on a grid; their axes broadcast against each other.

    snr : on the axis of Es/N0
    budget : on the axis of budgets
    within : bool, whether the budget is at least the smallest of the grid
    """

    snr: Axis
    budget: Axis
    within: np.ndarray

    @property
    def corners(self):
        """Points around, in pairs of one Es/N0: below, then above."""
        snr, budget = self.snr, self.budget
        for row in (snr.low, snr.high):
            yield (row, budget.low), (row, budget.high)


def on_axis(grid: np.ndarray, x) -> Axis:
    """Places on a rising grid; beyond its ends, those of the ends."""
    x = np.clip(x, grid[0], grid[-1])
    low = np.searchsorted(grid, x, "right") - 1
    high = np.minimum(low + 1, len(grid) - 1)
    width = np.where(high > low, grid[high] - grid[low], 1.0)
    return Axis(low, (x - grid[low]) / width, high)


def bilinear(held: np.ndarray, which: np.ndarray, at: Place) -> np.ndarray:
    """Values between the points of a grid : [..., M].

    Parameters
    ----------
    held : [N, S, U, M], values of N grids
    which : int [...], numbers of grids
    at : places [...]
    """
    _, rows, columns, values = held.shape
    flat, first = held.reshape(-1, values), which * rows
    snr, budget = (axis.share[..., None] for axis in (at.snr, at.budget))

    def value(row, column) -> np.ndarray:
        # one index into a matrix; NumPy takes 3 to 4 times as long for four indices
        return flat.take((first + row) * columns + column, axis=0)

    rows_of = ((value(*left), value(*right)) for left, right in at.corners)
    low, high = (left + budget * (right - left) for left, right in rows_of)
    return low + snr * (high - low)


def all_hold(held: np.ndarray, which: np.ndarray, at: Place) -> np.ndarray:
    """Whether all points around places hold : [...], bool.

    Parameters
    ----------
    held : [N, S, U], bool
    which, at : as of :func:`bilinear`
    """
    flat, (_, rows, columns) = held.reshape(-1), held.shape
    on_row, on_column = at.snr.share == 0, at.budget.share == 0

    def holds(row, column) -> np.ndarray:
        return flat.take((which * rows + row) * columns + column)

    low, high = (
        holds(*left) & (on_column | holds(*right)) for left, right in at.corners
    )
    return at.within & low & (on_row | high)
