"""Outer-loop link adaptation: one transmitter, its margin by acknowledgements.

The margin rises by a step ``u`` after a frame that is reported lost, and falls by
``u p / (1 - p)`` after one that arrives. In equilibrium both balance, and a share ``p``
of the frames is lost. Reports of frames that were sent before the last step change
nothing: there is one step a round trip, and a long delay slows the loop down without
oscillation.

References
----------
K. I. Pedersen, G. Monghal, I. Z. Kovacs, T. E. Kolding, A. Pokhariyal, F. Frederiksen
and P. Mogensen, "Frequency domain scheduling for OFDMA with limited and noisy channel
feedback", IEEE VTC 2007-Fall; A. Sampath, P. S. Kumar and J. M. Holtzman, "On setting
reverse link target SIR in a CDMA system", IEEE VTC 1997, for the ratio of the steps.
Sionna SYS has the same rule without delay, ``OuterLoopLinkAdaptation``.
"""

from dataclasses import dataclass, replace
from typing import Annotated, NamedTuple

from pydantic import Field

from blocks.adapting import (
    Patience,
    Share,
    Which,
    arm_of,
    blind,
    place_of,
    setting_of,
)
from semlink.errors import InputError

Decibels = Annotated[float, Field(ge=-40, le=40)]
Step = Annotated[float, Field(gt=0, le=10)]
Open = Annotated[float, Field(gt=0, lt=1)]


class Margin(NamedTuple):
    """What the loop remembers.

    value_db : reserve below the reported state [dB]
    since : slot of the first frame that had it
    """

    value_db: float
    since: int


@dataclass(frozen=True)
class OuterLoop:
    """Parameters as of :func:`build`."""

    transmitter: Which
    target: float
    step_db: float
    least_db: float
    most_db: float
    patience: int
    reserve_db: float
    share: float

    def among(self, names):
        """The adapter in a session with these transmitters."""
        return replace(self, transmitter=place_of(self.transmitter, names))

    def __call__(self, context, memory, draws):
        """The largest arm of the transmitter, with the margin of the loop."""
        start = min(max(0.0, self.least_db), self.most_db)
        margin = memory or Margin(start, context.slot)
        for heard in context.heard:
            if heard.sent >= margin.since:
                value_db = margin.value_db + self._step_db(heard.report)
                value_db = min(max(value_db, self.least_db), self.most_db)
                margin = Margin(value_db, context.slot)
        reserve_db = self.reserve_db if blind(context, self.patience) else 0.0
        arm = arm_of(context, self.transmitter, self.share)
        return setting_of(context, arm, margin.value_db + reserve_db), margin

    def _step_db(self, report) -> float:
        if report.lost:
            return self.step_db
        return -self.step_db * self.target / (1 - self.target)


def build(
    transmitter: Which = 0,
    target: Open = 0.1,
    step_db: Step = 1.0,
    least_db: Decibels = -3.0,
    most_db: Decibels = 10.0,
    patience: Patience = 8,
    reserve_db: Decibels = 6.0,
    share: Share = 1.0,
) -> OuterLoop:
    """Build the adapter.

    Parameters
    ----------
    transmitter : name, or place in the session's list
    target : wanted share of lost frames
    step_db : step after a loss [dB]
    least_db, most_db : limits of the margin [dB]
    patience : frames without report after which the reserve is added
    reserve_db : additional margin while no report arrives [dB]
    share : of the profile's channel uses, which the arm may take at most
    """
    if least_db > most_db:
        must = f"at most most_db, {most_db:g}"
        raise InputError(f"outer_loop.least_db must be {must}, got {least_db:g}")
    return OuterLoop(
        transmitter,
        target,
        step_db,
        least_db,
        most_db,
        patience,
        reserve_db,
        share,
    )
