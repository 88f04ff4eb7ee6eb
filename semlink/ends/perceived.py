"""What a sender says of a frame and of its transmitters when it asks for a grant."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from semlink.ends.encoding import Encoder, Perceiving
from semlink.loop.agents import Arm
from semlink.modalities.query import Query
from semlink.signalling.messages import TaskName
from semlink.signals import Sample


class Known(NamedTuple):
    """What the sender's end knows beside the frame.

    query : what the profile says that the receiver wants to know
    task : that the frames serve
    state_db : state that a frame would be planned for at nominal power [dB]
    pairs : memory of each transmitter
    """

    query: Query
    task: TaskName
    state_db: float
    pairs: Sequence[Any]


def alternative(arms: Sequence[Arm], asked: Arm) -> Arm | None:
    """What may be granted instead: fewest channel uses by another transmitter."""
    others = [arm for arm in arms if arm.transmitter != asked.transmitter]
    return min(others, key=lambda arm: arm.uses, default=None)


def perceived(
    sample: Sample,
    asked: Arm,
    other: Arm | None,
    known: Known,
    by: Perceiving,
    encoder: Encoder,
) -> dict[str, Any]:
    """Fields of the demand that are about the content of a frame.

    Parameters
    ----------
    sample : the frame; what annotates it is not seen
    asked, other : setting that is asked for, and the alternative to it
    known : what the sender's end knows beside the frame
    by : what it says
    encoder : of the sender
    """
    seen, said = sample._replace(annotations={}, query=known.query), {}
    if by.weighs is not None:
        said["importance"] = by.weighs(seen)
    weight = said.get("importance", 1.0)
    for prefix, arm in (("", asked), ("alternative_", other)):
        if arm is not None and by.expects is not None:
            prior = by.expects(seen, weight, arm, known.task, known.state_db)
            said[f"{prefix}prior"] = prior
        if arm is not None and by.needs is not None:
            said[f"{prefix}needs_db"] = by.needs(arm) - known.state_db
        if arm is not None and by.least:
            said[f"{prefix}least"] = _least(sample, arm.transmitter, known, encoder)
    if other is not None:
        said |= {"alternative": other.transmitter, "alternative_uses": other.uses}
    return said


def _least(sample: Sample, place: int, known: Known, encoder: Encoder) -> int:
    """Fewest channel uses of a grant that holds a signal of a frame."""
    given = encoder.given(sample, place, known.query)
    return encoder.least(given, place, known.state_db, known.pairs[place])
