"""A table of thresholds by task: from which reported state which arm is taken.

It is the tuned heuristic that a bandit must beat. :func:`ladder_of` makes a table from
utilities that were measured beforehand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from blocks.adapters.switching import Frames
from blocks.adapting import Patience, Share, Which, arm_of, blind, place_of, setting_of
from semlink.errors import InputError, refusal
from semlink.loop.agents import Arm
from semlink.signalling.messages import TaskName
from semlink.strict_yaml import parse


class Rung(BaseModel):
    """An arm, and the state from which it is taken.

    from_db : least reported state [dB]; the first rung is taken below it, too
    transmitter : name, or place in the session's list
    share : of the profile's channel uses, which the arm may take at most
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    from_db: Annotated[float, Field(ge=-100, le=100)]
    transmitter: Which
    share: Share = 1.0


class Place(NamedTuple):
    """What is remembered: the task, the number of the rung, frames on it."""

    task: str
    rung: int
    frames: int = 1


Ladders = dict[TaskName, tuple[Rung, ...]]


@dataclass(frozen=True)
class Thresholds:
    """Ladders by task; parameters as of :func:`build`."""

    ladders: Mapping[str, tuple[Rung, ...]]
    hysteresis_db: float
    min_stay: int
    patience: int
    margin_db: float

    def among(self, names):
        """The adapter in a session with these transmitters."""
        ladders = {
            task: tuple(
                rung.model_copy(
                    update={"transmitter": place_of(rung.transmitter, names)}
                )
                for rung in ladder
            )
            for task, ladder in self.ladders.items()
        }
        return replace(self, ladders=ladders)

    def __call__(self, context, memory, draws):
        """The arm of the rung; the first rung while no state is known."""
        task = context.profile.task
        if task not in self.ladders:
            must = f"have a ladder for each task, has {', '.join(self.ladders)}"
            raise InputError(f"thresholds must {must}, got {task}")
        ladder = self.ladders[task]
        place = self._next(context, memory if memory and memory.task == task else None)
        rung = ladder[place.rung]
        arm = arm_of(context, rung.transmitter, rung.share)
        return setting_of(context, arm, self.margin_db), place

    def _next(self, context, last: Place | None) -> Place:
        task = context.profile.task
        if blind(context, self.patience):
            return Place(task, 0)
        from_db = np.array([rung.from_db for rung in self.ladders[task]])
        if last is None:
            return Place(task, _rung(from_db, context.state_db))
        stayed = last._replace(frames=min(last.frames + 1, self.min_stay))
        if last.frames < self.min_stay:
            return stayed
        lowest = _rung(from_db + self.hysteresis_db, context.state_db)
        highest = _rung(from_db - self.hysteresis_db, context.state_db)
        rung = min(max(last.rung, lowest), highest)
        return stayed if rung == last.rung else Place(task, rung)


def _rung(from_db: np.ndarray, state_db: float) -> int:
    return max(int(np.searchsorted(from_db, state_db, side="right")) - 1, 0)


def ladder_of(
    state_db: Sequence[float], utility: np.ndarray, arms: Sequence[Arm], uses: int
) -> tuple[Rung, ...]:
    """The ladder of the best arm at each state.

    Parameters
    ----------
    state_db : rising states [dB] [s]
    utility : expected utility by state and arm [s, n]
    arms : the arms [n]
    uses : channel uses of the profile
    """
    best = np.argmax(utility, axis=1)
    starts = np.flatnonzero(np.diff(best, prepend=-1))
    return tuple(
        Rung(
            from_db=state_db[row],
            transmitter=arms[best[row]].transmitter,
            share=min(arms[best[row]].uses / uses, 1.0),
        )
        for row in starts
    )


def build(
    table: Mapping[str, Any] | str,
    hysteresis_db: Annotated[float, Field(ge=0, le=20)] = 0.5,
    min_stay: Frames = 1,
    patience: Patience = 8,
    margin_db: float = 0.0,
) -> Thresholds:
    """Build the adapter.

    Parameters
    ----------
    table : rungs of rising ``from_db`` by task, or a YAML file of them
    hysteresis_db : how far the state must pass a threshold before the rung changes [dB]
    min_stay : least frames between switches
    patience : frames without report after which the first rung is taken
    margin_db : reserve below the reported state [dB], for reports that are late
    """
    return Thresholds(_ladders(table), hysteresis_db, min_stay, patience, margin_db)


def files(table, **_) -> list[Path]:
    """The file of the table."""
    return [Path(table)] if isinstance(table, str) else []


def _ladders(table: Mapping[str, Any] | str) -> Ladders:
    try:
        found = _read(table) if isinstance(table, str) else table
        ladders = TypeAdapter(Ladders).validate_python(found)
    except ValidationError as error:
        raise InputError(refusal(error.errors()[0], "thresholds.table")) from None
    for task, ladder in ladders.items():
        from_db = [rung.from_db for rung in ladder]
        if not from_db or not np.all(np.diff(from_db) > 0):
            must = "one rung or more, of rising from_db"
            raise InputError(f"thresholds.table.{task} must have {must}, got {from_db}")
    return ladders


def _read(path: str) -> Any:
    try:
        return parse(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        must = "a YAML file"
        raise InputError(
            f"thresholds.table must be {must} ({reason}), got {path}"
        ) from None
