"""One sample of a point, sent again."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from semlink.signals import Estimate, Ledger, Sample


class Replay(NamedTuple):
    """One sample of a point, sent again.

    sample : sample of the source, annotations included
    estimate : output of the receiver
    values : its metrics and the parts of its CBR
    observed : observations of each task with metrics of a set, or ``None``
    ledger : channel uses of all transmissions and of the feedback link
    """

    sample: Sample
    estimate: Estimate
    values: dict[str, float]
    observed: Mapping[str, Mapping[str, Any] | None]
    ledger: Ledger
