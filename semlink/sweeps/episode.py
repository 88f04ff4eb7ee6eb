"""The metrics of an episode: sums over its frames, and their number.

A ratio of two sums over episodes is then the mean over all frames, and its interval is
over episodes.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from semlink.loop.session import Step
from semlink.metrics import Metric
from semlink.signals import BACKHAUL, DOWN, UP
from semlink.sweeps.points import COUNTED, use_name

SESSION_METRICS = (
    Metric("utility", "utility", digits=3),
    Metric("late", "late frames", kind="ratio", higher_is_better=False, digits=3),
    Metric("outage", "lost frames", kind="ratio", higher_is_better=False, digits=3),
    Metric("uses", "uses of a frame", higher_is_better=False, digits=0),
    Metric("energy_mj", "energy of a frame", "mJ", higher_is_better=False, digits=2),
    Metric("latency_ms", "latency of a frame", "ms", higher_is_better=False, digits=1),
    Metric(
        "optimism",
        "expected less true utility",
        higher_is_better=False,
        digits=3,
        headline=False,
    ),
    Metric(
        "retransmissions",
        "retransmissions of a frame",
        higher_is_better=False,
        digits=3,
        headline=False,
    ),
    Metric(
        "switches",
        "switches of the transmitter in an episode",
        higher_is_better=False,
        digits=2,
        headline=False,
    ),
    Metric("uses_down", "uses down", higher_is_better=False, digits=0, headline=False),
    Metric("uses_up", "uses up", higher_is_better=False, digits=0, headline=False),
    Metric(
        "backhaul_bytes",
        "bytes of the backhaul in an episode",
        higher_is_better=False,
        digits=0,
        headline=False,
    ),
)

Values = Mapping[str, tuple[float, float]]


def chosen_metric(transmitter: str) -> Metric:
    """Share of the frames for which a transmitter was chosen, among those sent."""
    name = f"share {transmitter}"
    return Metric(
        name, f"share of {transmitter}", "", "ratio", digits=3, headline=False
    )


def values_of(
    steps: Iterable[Step],
    names: Sequence[str],
    metrics: Collection[str],
    slot_ms: float,
) -> dict[str, tuple[float, float]]:
    """The (sum, count) of each metric of an episode, and of each part of its CBR.

    Parameters
    ----------
    steps : frames of the episode, in order
    names : transmitters, by place
    metrics : names of the metrics of tasks that are wanted; others are left out
    slot_ms : duration of a slot [ms]
    """
    sums: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(2))
    switches, before = 0, {}
    for step in steps:
        values = {**_judged(step), **_chosen(step, names), **_uses(step)}
        values["latency_slots"] = step.outcome.latency_ms / slot_ms, 1.0
        seen = {k: v for k, v in step.outcome.values.items() if k in metrics}
        for name, pair in (seen | values).items():
            sums[name] += pair
        if step.emitted is not None:
            place = step.emitted.grant.transmitter
            switches += before.get(step.user, place) != place
            before[step.user] = place
    sums["switches"] += switches, 1.0
    sums["backhaul_bytes"][1] = 1.0  # of an episode
    return {name: (float(total), float(count)) for name, (total, count) in sums.items()}


def _judged(step: Step) -> Values:
    """What came of a frame."""
    outcome = step.outcome
    values = {
        "utility": outcome.utility,
        "late": outcome.late,
        "outage": outcome.estimate.lost,
        "energy_mj": outcome.cost.mj,
        "latency_ms": outcome.latency_ms,
        "optimism": step.success - outcome.utility,
        "retransmissions": max(len(step.verdicts) - 1, 0),
        "backhaul_bytes": step.backhaul_bytes,
    }
    return {name: (float(value), 1.0) for name, value in values.items()}


def _chosen(step: Step, names: Sequence[str]) -> Values:
    """Which transmitter was chosen for a frame that was sent."""
    if step.emitted is None:
        return {}
    place = step.emitted.grant.transmitter
    return {
        chosen_metric(name).name: (float(other == place), 1.0)
        for other, name in enumerate(names)
    }


def _uses(step: Step) -> Values:
    """Channel uses of a frame, and each part of its CBR."""
    uses, size = step.uses, step.frame.sample.values
    values = {
        "uses": uses.total,
        "uses_down": uses.of(direction=DOWN),
        "uses_up": uses.of(direction=UP),
        "cbr": uses.total / size,
        "cbr_up": uses.of(direction=UP) / size,
        "cbr_backhaul": uses.of(direction=BACKHAUL) / size,
        **dict.fromkeys(COUNTED, 0.0),
    }
    for use, number in uses.items():
        name = use_name(use)
        values[name] = values.get(name, 0.0) + number / size
    return {name: (float(value), 1.0) for name, value in values.items()}
