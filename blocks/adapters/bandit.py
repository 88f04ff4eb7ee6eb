"""LinUCB over transmitters and channel uses: learns utilities by task and state.

A reward belongs to the arm and the state of its own frame, which the report carries: a
delay does not mix states. Until a report arrives, its frame already narrows the bound
of its arm, so that a long delay does not repeat one trial many times (T. Desautels,
A. Krause and J. W. Burdick, "Parallelizing exploration-exploitation tradeoffs in
Gaussian process bandit optimization", JMLR 15, 2014). Silence widens the state.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
from pydantic import Field

from blocks.adapters.features import NUM_FEATURES, features
from blocks.adapters.linear_bandit import Bank, empty_bank, upper_bounds
from blocks.adapters.switching import Cost, Frames, Price, Stay, Switching
from blocks.adapters.trained import Trained, read
from blocks.adapting import (
    Patience,
    Which,
    arm_of,
    blind,
    place_of,
    reward,
    setting_of,
)
from semlink.loop.agents import Arm
from semlink.signalling.messages import TaskProfile

MOST_WAITING = 64  # frames whose report is still due

Weight = Annotated[float, Field(ge=0, le=100)]
Discount = Annotated[float, Field(gt=0, le=1)]


class Trial(NamedTuple):
    """A frame whose report is due: slot of its context, arm, features [d]."""

    slot: int
    arm: Arm
    x: np.ndarray


class Known(NamedTuple):
    """What a bandit remembers.

    banks : what is known of the arms, by task
    profile, since : the profile, and the slot from which it is executed
    stay : the arm of the last frame
    waiting : frames whose report is due, at most ``MOST_WAITING``
    """

    banks: dict[str, Bank]
    profile: TaskProfile
    since: int
    stay: Stay | None = None
    waiting: tuple[Trial, ...] = ()


@dataclass(frozen=True)
class Bandit:
    """Parameters as of :func:`build`."""

    alpha: float
    discount: float
    ridge: float
    late: float
    drift_db: float
    switching: Switching
    patience: int
    robust: Which
    margin_db: float
    start: Trained | None = None
    banks: Mapping[str, Bank] = field(default_factory=dict)

    def among(self, names):
        """The adapter in a session with these transmitters."""
        banks = self.start.among(names) if self.start else {}
        return replace(self, robust=place_of(self.robust, names), banks=banks)

    def __call__(self, context, memory, draws):
        """The arm of the largest bound, unless a switch to it is not worth its cost."""
        robust = arm_of(context, self.robust)
        known = self._learnt(context, memory)
        if blind(context, self.patience):
            known = known._replace(stay=Stay(robust))
        else:
            known = self._chosen(context, known)
        return setting_of(context, known.stay.arm, self.margin_db), known

    def _learnt(self, context, memory: Known | None) -> Known:
        """The memory after the reports of this context."""
        profile = context.profile
        known = memory or Known(dict(self.banks), profile, context.slot)
        if profile != known.profile:
            known = known._replace(profile=profile, since=context.slot)
        bank = known.banks.get(profile.task, empty_bank(NUM_FEATURES))
        bank = bank.with_arms(context.arms)
        waiting = known.waiting
        for heard in context.heard:
            # what was sent before has a report that is lost, or later than this
            waiting = tuple(trial for trial in waiting if trial.slot > heard.sent)
            if heard.sent >= known.since and heard.arm in bank.arms:
                x = features(profile, heard.report.state_db)
                gain = reward(heard.report, self.late)
                bank = bank.learnt(heard.arm, x, gain, self.discount)
        banks = {**known.banks, profile.task: bank}
        return known._replace(banks=banks, waiting=waiting)

    def _chosen(self, context, known: Known) -> Known:
        """The memory after the choice."""
        bank = known.banks[context.profile.task]
        rows = [bank.arms.index(arm) for arm in context.arms]
        spread_db = self.drift_db * np.sqrt(context.silent)
        x = features(context.profile, context.state_db, spread_db)
        waiting = np.zeros((len(rows), len(x), len(x)))
        for trial in known.waiting:
            if trial.arm in context.arms:
                waiting[context.arms.index(trial.arm)] += np.outer(trial.x, trial.x)
        a, b = bank.a[rows], bank.b[rows]
        values = upper_bounds(a, b, x, self.alpha, self.ridge, waiting)
        stay = self.switching(context, values, known.stay)
        trial = Trial(context.slot, stay.arm, x)
        return known._replace(
            stay=stay, waiting=(*known.waiting, trial)[-MOST_WAITING:]
        )


def build(
    alpha: Weight = 0.1,
    discount: Discount = 1.0,
    ridge: Annotated[float, Field(gt=0, le=100)] = 0.01,
    late: Weight = 1.0,
    drift_db: Annotated[float, Field(ge=0, le=20)] = 0.5,
    cost: Cost = 0.1,
    stay: Frames = 32,
    min_stay: Frames = 1,
    patience: Patience = 8,
    robust: Which = 0,
    margin_db: float = 0.0,
    price: Price = 0.0,
    start: str | None = None,
) -> Bandit:
    """Build the adapter.

    Parameters
    ----------
    alpha : width of a confidence bound in standard deviations of rewards
    discount : weight of a reward after each further one; below 1 for a world in which
        the utility of an arm at a state changes
    ridge : weight of the regularisation; an arm is tried if ``alpha / sqrt(ridge)``,
        its bound before the first reward, exceeds what the others earn
    late : loss by a missed deadline
    drift_db : standard deviation of the state after a silent frame [dB], which grows
        with the square root of their number
    cost : loss by a switch [utility of a frame]
    stay : expected frames until the next switch
    min_stay : least frames between switches
    patience : frames without report after which the robust transmitter is taken
    robust : its name, or its place in the session's list
    margin_db : reserve below the reported state [dB], for reports that are late
    price : of a thousand channel uses [utility of a frame]
    start : file of what training taught (:mod:`.trained`); nothing is known without it
    """
    switching = Switching(cost, stay, min_stay, price)
    return Bandit(
        alpha,
        discount,
        ridge,
        late,
        drift_db,
        switching,
        patience,
        robust,
        margin_db,
        None if start is None else read(Path(start)),
    )


def files(start=None, **_) -> list[Path]:
    """The file of what training taught."""
    return [] if start is None else [Path(start)]
