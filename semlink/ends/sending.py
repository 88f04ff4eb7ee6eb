"""What a sender remembers, and what it has sent of the present frame."""

from typing import Any, NamedTuple

import numpy as np

from semlink.loop.agents import Arm, Heard, Setting
from semlink.loop.exchange import Encoded
from semlink.loop.world import Frame
from semlink.signalling.messages import Grant, TaskProfile
from semlink.signals import Ledger, TxSignal

REPORTED = 16  # numbers of frames in a report


class Memory(NamedTuple):
    """What the sender remembers.

    profile : what it executes
    heard : reports since the last frame
    state_db : last reported state [dB], if any
    quality : moving mean of the reported utilities; NaN before the first report
    silent : frames since the last report
    chosen : arm and slot of each of the last frames, by its number in a report
    adapter : its memory
    pairs : memory of each transmitter
    """

    profile: TaskProfile
    heard: tuple[Heard, ...] = ()
    state_db: float | None = None
    quality: float = np.nan
    silent: int = 0
    chosen: tuple[tuple[Arm, int] | None, ...] = (None,) * REPORTED
    adapter: Any = None
    pairs: tuple[Any, ...] = ()


class Emitted(NamedTuple):
    """A transmission of the sender.

    x : [n], complex64, symbols
    uses : channel uses by purpose
    grant : what is announced
    setting : what the adapter asked for
    tx : first signal; ``None`` if none fits the grant
    anew : the frame was encoded for this transmission
    state_db : reported state that the sender knew [dB]; ``None`` before a report
    """

    x: np.ndarray
    uses: Ledger
    grant: Grant
    setting: Setting
    tx: TxSignal | None = None
    anew: bool = True
    state_db: float | None = None


class Asking(NamedTuple):
    """A frame that waits for a grant, and the setting that the adapter asks for."""

    frame: Frame
    setting: Setting


class Sent(NamedTuple):
    """A frame, its last first signal, what that was made of, and the memory before."""

    frame: Frame
    emitted: Emitted
    encoded: Encoded | None
    before: Any
