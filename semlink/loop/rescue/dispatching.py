"""The contract of a dispatcher: it assigns responders to incidents."""

from typing import Any, Protocol, runtime_checkable

import numpy as np
from scipy.optimize import linear_sum_assignment

from semlink.contracts.fault import refuse

NOBODY = -1


@runtime_checkable
class Dispatcher(Protocol):
    """Assigns responders to incidents. Component kind ``dispatcher``."""

    def __call__(
        self,
        times: np.ndarray,
        weights: np.ndarray,
        horizon: float,
        draws: np.random.Generator,
    ) -> np.ndarray:
        """Incident of each responder, ``NOBODY`` for none : [R], int.

        Parameters
        ----------
        times : [R, N], slots until a responder reaches an incident
        weights : [N], of the incidents, above 0
        horizon : slots after which it is too late
        draws : generator
        """


def values(times: np.ndarray, weights: np.ndarray, horizon: float) -> np.ndarray:
    """What assignments are worth: weight times the slots that are left : [R, N]."""
    return weights * np.maximum(horizon - times, 0.0)


def optimum(times: np.ndarray, weights: np.ndarray, horizon: float) -> np.ndarray:
    """The assignment of the largest sum of values, by the Hungarian method : [R]."""
    worth = values(times, weights, horizon)
    rows, columns = linear_sum_assignment(worth, maximize=True)
    chosen = np.full(len(times), NOBODY)
    chosen[rows] = columns
    return chosen


def worth(chosen: np.ndarray, times, weights, horizon: float) -> float:
    """Sum of the values of an assignment."""
    rows = np.flatnonzero(chosen != NOBODY)
    return float(values(times, weights, horizon)[rows, chosen[rows]].sum())


def check_assignment(who: str, chosen: Any, shape: tuple[int, int]) -> np.ndarray:
    """An assignment of responders to different incidents; ``shape`` is that of times.

    Raises
    ------
    InputError
        The assignment is invalid.
    """
    chosen, (responders, count) = np.asarray(chosen), shape
    if chosen.shape != (responders,) or chosen.dtype.kind not in "iu":
        must = f"whole numbers of shape ({responders},)"
        refuse(who, must, f"{chosen.dtype} of shape {chosen.shape}")
    taken = chosen[chosen != NOBODY]
    if taken.size and not (taken.min() >= 0 and taken.max() < count):
        refuse(who, f"incidents 0 to {count - 1} or {NOBODY}", f"{taken.tolist()}")
    if len(set(taken.tolist())) < taken.size:
        refuse(who, "at most one responder for an incident", f"{taken.tolist()}")
    return chosen
