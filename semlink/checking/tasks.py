"""The contract of a task, measured."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NamedTuple, get_args

import numpy as np

from semlink.checking.calls import same
from semlink.checking.clock import until_the_next_second
from semlink.checking.places import KEPT, RANDOM
from semlink.checking.rules import Finding, Probe, Rule, Unchecked
from semlink.contracts.built import built
from semlink.contracts.tasks import bounded, observed, scored
from semlink.metrics import Bounded, Kind, Task
from semlink.signals import NO_BLOCKS, Estimate, Sample, unknown


class Delivery(NamedTuple):
    """A sample, and what a receiver made of it."""

    sample: Sample
    estimate: Estimate


class TaskProbe(Probe):
    """A task under test.

    Parameters
    ----------
    build : builds the task anew
    label : its name in messages
    samples : samples of a modality that it judges, at least two
    """

    def __init__(
        self, build: Callable[[], Task], label: str, samples: Sequence[Sample]
    ):
        self._build, self.label, self.samples = build, label, samples

    def fresh(self) -> Task:
        """The task, built anew."""
        return built("task", self.label, self._build())

    @cached_property
    def task(self) -> Task:
        """The task that rules are measured on."""
        return self.fresh()

    def owner(self, part: str) -> Any:
        return self.task

    def outputs(self) -> list:
        """Its observations."""
        return [self.task.observe(*given) for given in self.deliveries]

    @cached_property
    def deliveries(self) -> list[Delivery]:
        """Exact copies, worse estimates, and lost ones."""
        made = []
        for sample in self.samples:
            for data in (sample.data, worse(sample.data)):
                estimate = Estimate(data, sample.modality, False, NO_BLOCKS)
                made.append(Delivery(sample, estimate))
            made.append(Delivery(sample, unknown(sample.modality)))
        return made

    def additive(self) -> list:
        """Metrics that are additive over samples."""
        return [metric for metric in self.task.metrics if metric.kind != "set"]


def worse(data: Any) -> Any:
    """Data with errors: noise in an array, other letters in a text."""
    if isinstance(data, str):
        return "".join("x" if i % 3 == 0 else c for i, c in enumerate(data))
    rng = np.random.default_rng(5)
    if data.dtype == np.uint8:
        noisy = data + rng.normal(0, 60, data.shape)
        return np.clip(np.round(noisy), 0, 255).astype(np.uint8)
    return (data + rng.normal(0, 1, data.shape)).astype(data.dtype)


def _metrics(probe: TaskProbe) -> Finding:
    metrics, allowed = probe.task.metrics, "a name, a label and a kind for each"
    names = {metric.name for metric in metrics}
    kinds = all(metric.kind in get_args(Kind) and metric.label for metric in metrics)
    got = ", ".join(f"{m.name} ({m.kind})" for m in metrics) or "none"
    return Finding(bool(metrics) and len(names) == len(metrics) and kinds, got, allowed)


def _form(probe: TaskProbe) -> Finding:
    seen = [
        observed(probe.task.observe(*given), probe.task, probe.label)
        for given in probe.deliveries
    ]
    for one, given in zip(seen, probe.deliveries, strict=True):
        for metric in probe.additive():
            if np.isnan(one[metric.name][0]) and one[metric.name][1]:
                lost = " of a lost estimate" if given.estimate.lost else ""
                return Finding(False, f"{metric.name} NaN{lost}", "a finite sum")
    if len(probe.additive()) < len(probe.task.metrics):
        scored(probe.task.score(seen), probe.task, probe.label)
    return Finding(True, f"{len(seen)} observations", "")


def _copy(probe: TaskProbe) -> Finding:
    found = "no metric with a count"
    for sample in probe.samples:
        copy = Estimate(sample.data, sample.modality, False, NO_BLOCKS)
        bad = copy._replace(data=worse(sample.data))
        best, worst = (probe.task.observe(sample, one) for one in (copy, bad))
        for metric in probe.additive():
            (high, count), (low, other) = best[metric.name], worst[metric.name]
            if not (count and other) or high == low:
                continue
            found = f"{metric.name} {high / count:.4g} of a copy, {low / other:.4g}"
            if (high / count > low / other) != metric.higher_is_better:
                better = "higher" if metric.higher_is_better else "lower"
                return Finding(False, f"{found} with errors", f"{better} of a copy")
    return Finding(True, f"{found} with errors", "")


def _determinism(probe: TaskProbe) -> Finding:
    before = np.random.get_state()[1].copy()
    task = probe.fresh()
    one = [task.observe(*given) for given in probe.deliveries]
    until_the_next_second(probe)
    task = probe.fresh()
    other = [task.observe(*given) for given in probe.deliveries]
    if not np.array_equal(before, np.random.get_state()[1]):
        return Finding(False, "draws from NumPy's global generator", "seeds of its own")
    differ = sum(not same(a, b) for a, b in zip(one, other, strict=True))
    got = f"{differ} of {len(one)} observations differ between two builds"
    return Finding(not differ, got, "0")


def _state(probe: TaskProbe) -> Finding:
    forth, task = [probe.fresh(), probe.fresh()]
    one = [forth.observe(*given) for given in probe.deliveries]
    back = [task.observe(*given) for given in reversed(probe.deliveries)][::-1]
    back[0] = task.observe(*probe.deliveries[0])  # once more
    differ = sum(not same(a, b) for a, b in zip(one, back, strict=True))
    got = f"{differ} of {len(one)} observations differ in the opposite order"
    return Finding(not differ, got, "0")


def _bounds(probe: TaskProbe) -> Finding:
    if not isinstance(probe.task, Bounded):
        raise Unchecked("no bounds")
    found = bounded(probe.task.bounds(probe.samples), probe.task, probe.label)
    for metric in probe.task.metrics:
        floor, ceiling = found.get(metric.name, (np.nan, np.nan))
        if (ceiling > floor) != metric.higher_is_better and ceiling != floor:
            if np.isnan(floor) or np.isnan(ceiling):
                continue
            got = f"{metric.name} from {floor:.4g} to {ceiling:.4g}"
            return Finding(False, got, "a ceiling that is better than the floor")
    return Finding(True, f"bounds of {', '.join(found) or 'none'}", "")


RULES = (
    Rule("metrics", "metrics describe themselves", _metrics, near=("metrics",)),
    Rule("form", "observations and scores are numbers of its metrics", _form,
         near=(r"\breturn\b",)),
    Rule("copy", "an exact copy is better than one with errors", _copy,
         needs=("form",), near=(r"higher_is_better", r"\breturn\b")),
    Rule("determinism", "equal deliveries give equal observations", _determinism,
         needs=("form",), near=RANDOM),
    Rule("state", "an observation does not depend on those before", _state,
         needs=("form", "determinism"), near=KEPT),
    Rule("bounds", "a floor and a ceiling enclose what is measured", _bounds,
         needs=("form",), near=(r"\bBounds\(",)),
)  # fmt: skip
