"""The contract of a trial, which a sweep repeats at every point of its grid."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from semlink.config import AnySweepConfig
from semlink.metrics import Bounds, Judgement, Metric, Task
from semlink.sweeps.points import Point, Setup

JSON = json.JSONEncoder(sort_keys=True, default=str)


class Trial(Protocol):
    """One trial: a sample over a link, or an episode of a session.

    config : configuration from which it was built
    metrics : task and description of each metric, by name
    tasks : tasks by name
    num_samples : number of independent samples
    skipped : what of the source could not be read, and why
    made : plans ``searched`` and signals ``encoded`` so far, and those of before
    """

    config: AnySweepConfig
    metrics: Mapping[str, tuple[str, Metric]]
    tasks: Mapping[str, Task]
    num_samples: int
    skipped: Sequence[str]
    made: Counter[str]

    def __call__(self, point: Point, index: int, draw: int) -> Judgement:
        """Simulate one sample, and judge it."""

    def ordered(self, point: Point) -> bool:
        """Whether the samples of a draw depend on those before them."""

    def name(self, index: int) -> str:
        """Readable name of a trial."""

    def grid(self) -> Iterable[tuple[Setup, float, float]]:
        """Every (setup, SNR, CBR), in the order of simulation."""

    def parts(self, setup: Setup) -> Mapping[str, Any]:
        """Identity of a setup and its simulation, from which point ids are hashed."""

    def components(self) -> Mapping[str, Mapping[str, Any]]:
        """Every component with all its parameters, by kind and label."""

    def references(self) -> Mapping[str, str]:
        """Setups that are not systems, each ``bound`` or ``oracle``, by label."""

    def remembering(self) -> Sequence[str]:
        """Transmitters whose draws, not samples, are independent."""

    def fingerprint(self) -> str:
        """Hash of the source's samples."""

    def conventions(self) -> Mapping[str, str]:
        """What its numbers mean, beside the conventions of all sweeps."""


@runtime_checkable
class BoundedTrial(Protocol):
    """A trial whose metrics may have a floor and a ceiling on its samples."""

    def bounds(self) -> Mapping[str, Bounds]:
        """Floor and ceiling of each metric that has them."""

    def judged(self) -> str:
        """Hash of the tasks and the samples that the bounds are of."""
