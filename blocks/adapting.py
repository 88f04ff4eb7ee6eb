"""Adapters by name, and the terms in which they choose.

An adapter works at the sender's end. It sees reports that have arrived, and chooses
the transmitter and the channel uses of the next frame.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Protocol, runtime_checkable

from pydantic import Field

from semlink.catalogue import built
from semlink.config import ComponentSpec
from semlink.contracts.fault import refuse, shown
from semlink.errors import InputError
from semlink.loop.agents import Adapter, Arm, Context, Setting
from semlink.registry import Registry
from semlink.signalling.messages import Report

ADAPTERS = Registry("adapter", packages=("blocks.adapters",), group="semlink.adapters")

# a transmitter: its place in the session's list, or its name
Which = Annotated[
    Annotated[int, Field(ge=0, le=15)] | str, Field(union_mode="left_to_right")
]
Share = Annotated[float, Field(gt=0, le=1)]
STARS = 3  # of a user's rating
Patience = Annotated[int, Field(ge=1, le=10_000)]


@runtime_checkable
class Naming(Protocol):
    """An adapter whose parameters name transmitters."""

    def among(self, names: Sequence[str]) -> Adapter:
        """The adapter in a session with these transmitters, by their places.

        Raises
        ------
        InputError
            A transmitter that it names is not among them.
        """


@runtime_checkable
class Knowing(Protocol):
    """An oracle, which a session tells what no end knows."""

    def knows(self, table: Callable[[Context], Sequence[float]]) -> Adapter:
        """The adapter that knows the expected utility of each arm of a context."""


def adapter(spec: str, names: Sequence[str]) -> Adapter:
    """Build the adapter of a session from its name and parameters.

    Parameters
    ----------
    spec : name and parameters, as on the command line
    names : the session's transmitters, in the order of their places

    Raises
    ------
    InputError
        The adapter does not exist, or is none, or names a transmitter that is not in
        the list.
    """
    made = built(ADAPTERS, spec)
    if not callable(made):
        refuse(f"adapter {spec}", "a callable from build", shown(made))
    return made.among(names) if isinstance(made, Naming) else made


def place_of(which: Which, names: Sequence[str]) -> int:
    """The place of a transmitter, given by its place, its word, or its name.

    Raises
    ------
    InputError
        There is none, or there are several of this name.
    """
    if isinstance(which, int):
        if which < len(names):
            return which
        must = f"below {len(names)}, the number of transmitters"
        raise InputError(f"the place of a transmitter must be {must}, got {which}")
    specs = [ComponentSpec.model_validate(name) for name in names]
    label = ComponentSpec.model_validate(which).label
    same = [place for place, spec in enumerate(specs) if spec.label == label]
    same = same or [place for place, spec in enumerate(specs) if spec.name == label]
    if len(same) != 1:
        must = f"one of {', '.join(names)}"
        raise InputError(f"the adapter's transmitter must be {must}, got {which}")
    return same[0]


def arm_of(context: Context, which: Which, share: float = 1.0) -> Arm:
    """The arm of a transmitter with the most uses within a share of the profile's.

    Its smallest arm if none is within, and the same among all arms if it has none.

    Raises
    ------
    InputError
        There is no arm, or the transmitter is a name that has no place yet.
    """
    if isinstance(which, str):
        must = "have a place by among(names)"
        raise InputError(f"a transmitter that is named must {must}, got {which}")
    if not context.arms:
        raise InputError("a context must have at least one arm, got none")
    own = [arm for arm in context.arms if arm.transmitter == which]
    arms = sorted(own or context.arms, key=lambda arm: arm.uses)
    within = [arm for arm in arms if arm.uses <= share * context.profile.uses]
    return within[-1] if within else arms[0]


def setting_of(context: Context, arm: Arm, margin_db: float = 0.0) -> Setting:
    """A setting with as many retransmissions as the profile allows."""
    return Setting(arm, margin_db, context.profile.retransmissions)


def blind(context: Context, patience: int) -> bool:
    """Whether no state was reported, or none within so many frames."""
    return context.state_db is None or context.silent >= patience


def reward(report: Report, late: float) -> float:
    """Utility of a frame: its success, less the loss by a missed deadline.

    A rating of the user, one to three stars for each third of the utility, counts in
    place of both.
    """
    if report.rating:
        return (2 * report.rating - 1) / (2 * STARS)
    return report.success - late * report.late
