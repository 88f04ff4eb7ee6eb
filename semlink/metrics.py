"""Metrics that describe themselves, and the tasks that measure them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

from semlink.modalities.boxes import Boxes
from semlink.protocols import Source
from semlink.signals import Estimate, Sample

Kind = Literal["mean", "ratio", "proportion", "set"]


class Metric(NamedTuple):
    """A metric that describes itself.

    name : name in results
    label : label on the axis of a figure
    unit : such as ``dB``; empty if there is none
    kind : ``mean``, over samples; ``ratio``, of sums such as errors over bits;
        ``proportion``, of samples that are yes or no; ``set``, a score of all
        observations together, such as AP
    higher_is_better : whether a higher value is better
    digits : decimals in tables
    headline : every sweep draws it, and tables list it first
    """

    name: str
    label: str
    unit: str = ""
    kind: Kind = "mean"
    higher_is_better: bool = True
    digits: int = 4
    headline: bool = True

    @property
    def title(self) -> str:
        """Label and unit, as on an axis."""
        return f"{self.label} [{self.unit}]" if self.unit else self.label

    @property
    def is_error_rate(self) -> bool:
        """Whether it is a share of errors, as BER: figures have a logarithmic axis."""
        is_share = self.kind in ("ratio", "proportion") and not self.unit
        return is_share and not self.higher_is_better


def if_received(metric: str) -> str:
    """Name of a metric over the deliveries that were not lost, beside the samples'."""
    return f"{metric} if received"


@runtime_checkable
class Task(Protocol):
    """Compares samples with estimates.

    metrics : metrics that it measures
    judges : modalities of the estimates that it can judge; others give rows of n/a
    """

    metrics: tuple[Metric, ...]
    judges: tuple[str, ...]

    def observe(self, sample: Sample, estimate: Estimate) -> Mapping[str, Any]:
        """Observe one delivery.

        Output
        ------
        : for each metric that is additive over samples (sum, count), by its name;
            for metrics of the kind ``set``, the input of :meth:`score`, as JSON values
            under names of its own
        """

    def score(self, observations: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
        """Values of the metrics of the kind ``set``; only tasks with such need it."""


class Bounds(NamedTuple):
    """Reference values of a metric on a set of samples; figures draw both.

    floor : value without anything received, such as the prior answer
    ceiling : value on the original samples
    """

    floor: float
    ceiling: float


@runtime_checkable
class Bounded(Protocol):
    """A task that has a floor and a ceiling on a set of samples."""

    def bounds(self, samples: Sequence[Sample]) -> Mapping[str, Bounds]:
        """Floor and ceiling by metric; metrics without them are left out."""


@runtime_checkable
class Sourced(Protocol):
    """A task whose reference depends on the source."""

    def for_source(self, source: Source) -> Task:
        """The task for a source; its labels say what the reference is.

        Raises
        ------
        InputError
            The source does not have what the task needs.
        """


@runtime_checkable
class Resampled(Protocol):
    """A task that scores resamples faster than anew; a bootstrap needs hundreds."""

    def resampling(
        self, observations: Sequence[Mapping[str, Any]]
    ) -> Callable[[Sequence[int] | None], Mapping[str, float]]:
        """Prepare observations; the result scores those of some numbers, or all.

        A number may occur several times. The score of all, ``None``, is that of
        :meth:`Task.score`; those of resamples may differ by rounding.
        """


@runtime_checkable
class Marking(Protocol):
    """A task whose findings can be drawn as boxes on pictures.

    marks : what the boxes are, for a legend
    """

    marks: str

    def marked(self, sample: Sample, estimate: Estimate | None) -> Boxes:
        """Boxes of what the task finds; with ``None``, of its reference."""


@runtime_checkable
class Confident(Protocol):
    """A task of which a receiver can tell how well it is served."""

    def confidence(self, estimate: Estimate, query: Any) -> float:
        """Expected utility of an estimate that is not lost, from 0 to 1.

        It follows from what the receiver has: the estimate with its doubt, and its
        query. Ground truth is not among it.
        """


class Judgement(NamedTuple):
    """All metrics of a delivery.

    values : (sum, count) of each metric that is additive over samples, and those of
        tasks once more under the name of :func:`if_received` if nothing was lost
    observed : observations of each task with metrics of a set, or ``None``
    """

    values: dict[str, tuple[float, float]]
    observed: dict[str, Mapping[str, Any] | None]


LINK = "link"  # column ``task`` of metrics that need no task
LINK_METRICS = (
    Metric("ber", "BER", kind="ratio", higher_is_better=False),
    Metric("bler", "BLER", kind="ratio", higher_is_better=False),
    Metric("outage", "outage", kind="proportion", higher_is_better=False, digits=3),
    Metric("goodput", "goodput", "bit per channel use", kind="ratio", digits=3),
)


def all_metrics(tasks: Mapping[str, Task]) -> dict[str, tuple[str, Metric]]:
    """Metrics of the tasks and of the link: task and description, by name.

    Raises
    ------
    ValueError
        Two tasks have a metric of the same name.
    """
    known: dict[str, tuple[str, Metric]] = {}
    own = [(name, metric) for name, task in tasks.items() for metric in task.metrics]
    for task, metric in [*own, *((LINK, metric) for metric in LINK_METRICS)]:
        if metric.name in known:
            both = f"{known[metric.name][0]} and {task}"
            raise ValueError(
                f"metrics need names that differ, got {metric.name!r} of {both}"
            )
        known[metric.name] = task, metric
    return known
