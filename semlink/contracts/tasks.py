"""What a task observes, and its scores."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from semlink.contracts.fault import refuse, shown
from semlink.metrics import Metric, Task


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


def scored(
    task: Task, name: str, observations: Sequence[Mapping[str, Any]], metric: Metric
) -> float:
    """A task's score of observations, for one of its metrics of a set.

    Raises
    ------
    InputError
        It has no such score, or not a finite number or NaN.
    """
    scores, who = task.score(observations), f"task {name}"
    if not isinstance(scores, Mapping) or metric.name not in scores:
        refuse(who, f"a score {metric.name}", shown(scores))
    value = _numbers(scores[metric.name])
    if value is None or value.shape or np.isinf(value):
        must = f"the score {metric.name} as a finite number or NaN"
        refuse(who, must, shown(scores[metric.name]))
    return float(value)


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
