"""Contracts of the agents of a closed loop: what each sees, and what it answers.

Agents keep no state of their own. What they remember is a value, which the loop hands
back with the next call; ``None`` at first. What they draw at random comes from a
generator that the loop gives, keyed by seed, role and slot. So a session can be
stopped and resumed, and its two ends can run in two processes. Schedulers have a module
of their own, :mod:`semlink.loop.pool`.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from semlink.signalling.messages import Intent, Report, TaskProfile


class Understood(NamedTuple):
    """An intent, as far as it was understood.

    intent : the intent
    unsure : slots of it (``verb``, ``priority``, ``targets``) that are a guess
    asks : a question to the user about the first of them, in words; empty if none
    """

    intent: Intent
    unsure: tuple[str, ...] = ()
    asks: str = ""


@runtime_checkable
class IntentReader(Protocol):
    """Reads what a user says. Component kind ``intent``."""

    def __call__(self, said: Any, answers: Sequence[str] = ()) -> Understood:
        """Understand words or a structure.

        Parameters
        ----------
        said : what the user says: text, or a mapping
        answers : the user's answers to the questions asked so far, in their order
        """


class Arm(NamedTuple):
    """A setting that an adapter can choose.

    transmitter : place of the transmitter in the session's list
    uses : channel uses of a frame
    """

    transmitter: int
    uses: int


class Heard(NamedTuple):
    """A report that has arrived.

    slot : slot in which it arrived
    arm : what had been chosen for the frame that it reports
    report : the report
    sent : slot of the context in which that was chosen
    """

    slot: int
    arm: Arm
    report: Report
    sent: int


class Context(NamedTuple):
    """What the sender's end knows before a frame.

    slot : now
    profile : what is executed
    arms : settings that the budget allows, of transmitters that both ends hold, or can
        hold at a cost; at least one
    heard : reports that have arrived since the last call, in order
    state_db : last reported state [dB]; ``None`` before the first report
    silent : frames since the last report that arrived
    costs : loss by a switch to each arm, such as by a model that the receiver must get
        first [utility of a frame]; empty for none
    """

    slot: int
    profile: TaskProfile
    arms: tuple[Arm, ...]
    heard: tuple[Heard, ...] = ()
    state_db: float | None = None
    silent: int = 0
    costs: tuple[float, ...] = ()


class Setting(NamedTuple):
    """What an adapter asks for.

    arm : transmitter and channel uses
    margin_db : reserve below the reported state [dB]
    retransmissions : most retransmissions
    """

    arm: Arm
    margin_db: float = 0.0
    retransmissions: int = 0


@runtime_checkable
class Adapter(Protocol):
    """Turns reports into the next setting. Component kind ``adapter``."""

    def __call__(
        self, context: Context, memory: Any, draws: np.random.Generator
    ) -> tuple[Setting, Any]:
        """The setting of the next frame, and the new memory."""
