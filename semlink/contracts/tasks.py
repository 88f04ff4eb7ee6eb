"""What a task observes, and its scores."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from semlink.contracts.fault import refuse, shown
from semlink.metrics import Bounds, Task


def observed(seen: Any, task: Task, name: str) -> Mapping[str, Any]:
    """Check an observation of a task.

    Raises
    ------
    InputError
        A metric that is additive over samples is missing, or is no (sum, count) of
        finite numbers or NaN; or the rest, for metrics of a set, are no JSON values.
    """
    who = f"task {name}"
    if not isinstance(seen, Mapping):
        refuse(who, "observations by name", shown(seen))
    additive = [m.name for m in task.metrics if m.kind != "set"]
    others = {k: v for k, v in seen.items() if k not in additive}
    has_sets = len(additive) < len(task.metrics)
    if not set(additive) <= set(seen) or (others and not has_sets):
        names = ", ".join(map(str, seen)) or "nothing"
        refuse(who, f"observations of {', '.join(additive)}", names)
    for metric in additive:
        _check_pair(seen[metric], f"{metric} as (sum, count)", who)
    if others:
        _check_json(others, who)
    return seen


def scored(scores: Any, task: Task, name: str) -> dict[str, float]:
    """Check a task's scores of observations, one for each of its metrics of a set.

    Raises
    ------
    InputError
        A score is missing, or is not a finite number or NaN.
    """
    who = f"task {name}"
    wanted = [metric.name for metric in task.metrics if metric.kind == "set"]
    for metric in wanted:
        if not isinstance(scores, Mapping) or metric not in scores:
            refuse(who, f"a score {metric}", shown(scores))
    return {metric: _number(scores[metric], metric, who) for metric in wanted}


def bounded(found: Any, task: Task, name: str) -> dict[str, Bounds]:
    """Check the bounds of a task.

    Raises
    ------
    InputError
        They are no :class:`Bounds` of finite numbers or NaN, by names of its metrics.
    """
    who, known = f"task {name}", {metric.name for metric in task.metrics}
    if not isinstance(found, Mapping) or not known >= set(found):
        refuse(who, f"bounds of {', '.join(sorted(known))}", shown(found))
    for metric, bounds in found.items():
        if not isinstance(bounds, Bounds):
            refuse(who, f"Bounds of {metric}", shown(bounds))
    return {
        metric: Bounds(*(_number(value, metric, who) for value in bounds))
        for metric, bounds in found.items()
    }


def _number(value: Any, metric: str, who: str) -> float:
    number = _numbers(value)
    if number is None or number.shape or np.isinf(number):
        refuse(who, f"the score {metric} as a finite number or NaN", shown(value))
    return float(number)


def _check_pair(value: Any, what: str, who: str) -> None:
    pair = _numbers(value)
    if pair is None or pair.shape != (2,):
        refuse(who, what, shown(value))
    if np.isinf(pair[0]) or not 0 <= pair[1] < np.inf:
        must = f"{what}, a finite sum or NaN and a count of at least 0"
        refuse(who, must, f"({pair[0]}, {pair[1]})")


def _numbers(value: Any) -> np.ndarray | None:
    """Real numbers as an array; ``None`` for anything else."""
    try:
        found = np.asarray(value)
    except Exception:  # the objects of others may raise anything
        return None
    return found if found.dtype.kind in "biuf" else None


def _check_json(values: Mapping[str, Any], who: str) -> None:
    try:
        json.dumps(values, default=lambda value: np.asarray(value).tolist())
    except Exception as error:
        reason = " ".join(str(error).split())
        refuse(who, "observations of JSON values", f"{', '.join(values)}: {reason}")
