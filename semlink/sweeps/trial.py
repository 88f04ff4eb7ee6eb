"""What a sweep repeats at every point of its grid."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from semlink.config import LinkConfig, SweepConfig
from semlink.metrics import Judgement, Metric, Task
from semlink.sweeps.points import Point

JSON = json.JSONEncoder(sort_keys=True, default=str)


class Trial(Protocol):
    """What a sweep repeats: a sample over a link, or an episode of a session.

    config : from which it was built
    metrics : task and description of each metric, by name
    tasks : by name
    num_samples : how many independent samples there are
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
        """What a person calls a sample."""

    def parts(self, link: LinkConfig) -> Mapping[str, Any]:
        """What makes a link this one, and what it is simulated with."""
