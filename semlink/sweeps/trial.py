"""The contract of a trial, which a sweep repeats at every point of its grid."""

import json
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from semlink.config import LinkConfig, SweepConfig
from semlink.metrics import Bounds, Judgement, Metric, Task
from semlink.sweeps.points import Point

JSON = json.JSONEncoder(sort_keys=True, default=str)


class Trial(Protocol):
    """One trial: a sample over a link, or an episode of a session.

    config : configuration from which it was built
    metrics : task and description of each metric, by name
    tasks : tasks by name
    num_samples : number of independent samples
    """

    config: SweepConfig
    metrics: Mapping[str, tuple[str, Metric]]
    tasks: Mapping[str, Task]
    num_samples: int

    def __call__(self, point: Point, index: int, draw: int) -> Judgement:
        """Simulate one sample, and judge it."""

    def ordered(self, point: Point) -> bool:
        """Whether the samples of a draw depend on those before them."""

    def name(self, index: int) -> str:
        """Readable name of a sample."""

    def parts(self, link: LinkConfig) -> Mapping[str, Any]:
        """Identity of a link and of its simulation, from which point ids are hashed."""


@runtime_checkable
class BoundedTrial(Protocol):
    """A trial whose metrics may have a floor and a ceiling on its samples."""

    def bounds(self) -> Mapping[str, Bounds]:
        """Floor and ceiling of each metric that has them."""

    def judged(self) -> str:
        """Hash of the tasks and the samples that the bounds are of."""
