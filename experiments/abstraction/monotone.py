"""Monotone fit on a grid of two axes.

References
----------
R. L. Dykstra, T. Robertson, "An algorithm for isotonic regression for two or more
independent variables", Annals of Statistics 10(3), 1982.
"""

import numpy as np
from scipy.optimize import isotonic_regression

MOST_ROUNDS = 500
TOLERANCE = 1e-9


def monotone(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The weighted least squares fit that falls along neither axis : [S, U].

    Parameters
    ----------
    values : [S, U]
    weights : [S, U], above 0
    """
    fitted = np.array(values, float)
    of_rows, of_columns = np.zeros_like(fitted), np.zeros_like(fitted)
    for _ in range(MOST_ROUNDS):
        before = fitted
        rows = _rising(fitted + of_rows, weights)
        of_rows = fitted + of_rows - rows
        fitted = _rising((rows + of_columns).T, weights.T).T
        of_columns = rows + of_columns - fitted
        if np.abs(fitted - before).max() < TOLERANCE:
            break
    return np.maximum.accumulate(np.maximum.accumulate(fitted, axis=0), axis=1)


def _rising(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The fit of each row."""
    pairs = zip(values, weights, strict=True)
    return np.array([isotonic_regression(v, weights=w).x for v, w in pairs])
