"""The sender's end: it sees the frames, and hears what comes back.

It decides by its adapter, from reports that arrived, and asks a pool for channel uses.
It never sees the channel, the user's intent or the receiver's estimate.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from semlink.chain import Link
from semlink.ends.answers import content_of, state_of
from semlink.ends.encoding import Encoder, Perceiving
from semlink.ends.kept import Kept
from semlink.ends.perceived import Known, alternative, perceived
from semlink.ends.sending import REPORTED, Asking, Emitted, Memory, Sent
from semlink.ends.wire import Bursts, Wire, granted, unpacked
from semlink.errors import InputError
from semlink.loop.agents import (
    Adapter,
    Arm,
    Context,
    Heard,
    Setting,
)
from semlink.loop.exchange import Encoded
from semlink.loop.pool import Demand, Shares, planned_db, smoothed
from semlink.loop.world import Frame
from semlink.modalities.query import Query
from semlink.rng import Seeds
from semlink.signalling import layout
from semlink.signalling.messages import (
    Act,
    Grant,
    Message,
    Report,
    Request,
    TaskProfile,
)
from semlink.signals import Ledger, ledger

FRAMES = 256  # numbers of frames on the air


class Deciding(NamedTuple):
    """What the sender decides by.

    adapter : built component
    arms : settings that the adapter can choose
    initial_db : long-term mean of the Es/N0, known from the start [dB]
    slot_ms : duration of a slot [ms]
    perceiving : what it says of a frame when it asks
    """

    adapter: Adapter
    arms: tuple[Arm, ...]
    initial_db: float
    slot_ms: float = 1.0
    perceiving: Perceiving = Perceiving()


class Sender:
    """The end that sends.

    Parameters
    ----------
    links : a link for each transmitter, in the session's order
    deciding : its agents
    bursts : code of grants and messages
    seeds : seeds of the episode
    kept : signals of frames that were sent before, in this episode or in others
    """

    def __init__(
        self,
        links: Sequence[Link],
        deciding: Deciding,
        bursts: Bursts,
        seeds: Seeds,
        kept: Kept | None = None,
    ):
        self._links, self._deciding = links, deciding
        self._bursts, self._seeds = bursts, seeds
        self._encoder = Encoder(links, bursts, kept)
        self.memory = Memory(TaskProfile(), pairs=(None,) * len(links))
        self._acts: list[Act] = []
        self._asking: Asking | None = None
        self._sent: Sent | None = None
        self._is_open = False  # an answer to the present frame may come
        self._requested: Request | None = None
        self._readable = self._repeats = self._most = self._spent = 0

    def hear(self, wire: Wire, slot: int) -> None:
        """Take a message that arrived in a slot."""
        try:
            message: Message = unpacked(wire)
        except InputError:  # an error that passed the CRC
            return
        if isinstance(message, Report):
            self._hear_report(message, slot)
        elif isinstance(message, TaskProfile):
            self.memory = self.memory._replace(profile=message)
        elif isinstance(message, Request):
            self._hear_request(message)
        elif isinstance(message, Act):
            self._acts.append(message)

    def acts(self) -> list[Act]:
        """Acts on the camera that arrived since the last call."""
        acts, self._acts = self._acts, []
        return acts

    def ask(self, frame: Frame, slot: int, waited_ms: float = 0.0) -> Demand | None:
        """Decide on a frame, and ask the pool for its channel uses.

        Parameters
        ----------
        frame : as it was captured
        slot : now
        waited_ms : time since the capture; a frame that has waited for longer than the
            deadline of the profile that arrived here is not sent

        Output
        ------
        : ``None`` if it is not sent
        """
        if self._is_open:
            self._acknowledged(None)  # no answer came
        self._sent, self._requested, self._asking = None, None, None
        self._readable = self._repeats = self._most = self._spent = 0
        if waited_ms >= self.memory.profile.deadline_ms:
            self._note(frame, None)  # its report is about no choice
            return None
        gained = self._gained()
        return self._asked(frame, self._setting(frame, slot), waited_ms, gained)

    def send(self, share: Shares) -> Emitted:
        """Announce a grant, and send the frame that asked for it.

        Parameters
        ----------
        share : what is granted, without axes
        """
        frame, setting = self._asking
        lost, grant = self._sent, self._grant(frame, share)
        self._note_granted(frame, grant)
        if lost is None:
            self._most = grant.retransmissions
        elif lost.emitted.tx is not None:  # the receiver's memory is as it was
            self._remember(lost.emitted.grant.transmitter, lost.before)
        emitted = self._emitted(frame, grant, setting)
        if lost is None:
            return emitted
        return emitted._replace(uses=ledger(retransmission=len(emitted.x)))

    def again(self, waited_ms: float = 0.0) -> Emitted | Demand | None:
        """Answer the last request of this frame.

        Parameters
        ----------
        waited_ms : time since the capture

        Output
        ------
        : what is sent; a demand if the frame is to be encoded anew for it; ``None``
            without a request, or beyond the retransmissions of the grant
        """
        request, self._requested = self._requested, None
        if request is None or self._sent is None:
            return None
        _, emitted, encoded, _ = self._sent
        if self._repeats == self._most:
            return None
        self._repeats += 1
        if request.verdict == "again":
            self._readable = 0
            return self._asked(self._sent.frame, emitted.setting, waited_ms)
        if not request.parts or encoded is None:
            # the receiver has read nothing: all of it comes again
            self._spent += len(emitted.x)
            uses = ledger(retransmission=len(emitted.x))
            return emitted._replace(uses=uses, anew=False)
        self._readable += 1
        link = self._links[emitted.grant.transmitter]
        asked = np.array(request.parts, np.uint8)
        tx = link.transmitter.again(
            encoded.sample, encoded.tx, encoded.plan, asked, self._readable
        )
        self._spent += len(tx.x)
        return emitted._replace(x=tx.x, uses=tx.ledger, anew=False)

    def _emitted(self, frame: Frame, grant: Grant, setting: Setting) -> Emitted:
        """Encode a frame for the state that is known, and announce it."""
        before = self.memory.pairs[grant.transmitter]
        encoded = self._encoded(frame, grant, setting)
        if encoded is None:  # nothing follows; the announcement must arrive
            grant = grant.model_copy(update={"uses": 0, "power_db": 0.0})
        front = self._bursts.send(granted(grant))
        tx = encoded.tx if encoded else None
        x = np.concatenate([front, tx.x]) if tx else front
        uses = ledger(grant=len(front)) + (tx.ledger if tx else Ledger())
        known = self.memory.state_db
        emitted = Emitted(x, uses, grant, setting, tx, state_db=known)
        self._sent, self._is_open = Sent(frame, emitted, encoded, before), True
        self._spent += len(x)
        return emitted

    def _hear_request(self, request: Request) -> None:
        """Take a request of the present frame; one of a frame before came too late."""
        if self._sent is None or request.frame != self._sent.emitted.grant.frame:
            return
        if request.verdict == "accept":
            self._acknowledged(content_of(request))
        elif request.verdict in ("ask", "again"):
            self._requested = request
            state_db = state_of(request)
            if state_db is not None:
                self.memory = self.memory._replace(state_db=state_db)

    def _acknowledged(self, content: int | None) -> None:
        """Let the transmitter know what the receiver answered to the present frame."""
        sent, self._is_open = self._sent, False
        if sent is None or sent.encoded is None:
            return
        place = sent.emitted.grant.transmitter
        pair = self._links[place].pair
        if pair.loop is not None and pair.loop.acknowledged:
            before = self.memory.pairs[place]
            self._remember(place, pair.transmitter.acknowledged(before, content))

    def _remember(self, place: int, memory: Any) -> None:
        pairs = self.memory.pairs
        pairs = (*pairs[:place], memory, *pairs[place + 1 :])
        self.memory = self.memory._replace(pairs=pairs)

    def _hear_report(self, report: Report, slot: int) -> None:
        chosen, heard = self.memory.chosen[report.frame], self.memory.heard
        if chosen is not None:
            arm, sent = chosen
            heard += (Heard(slot, arm, report, sent),)
        state_db, before = float(report.state_db), self.memory.quality
        quality = float(smoothed(before, report.success))
        self.memory = self.memory._replace(
            heard=heard, state_db=state_db, quality=quality, silent=0
        )

    def _setting(self, frame: Frame, slot: int) -> Setting:
        """The setting that the adapter asks for."""
        old, agents = self.memory, self._deciding
        context = Context(
            slot, old.profile, agents.arms, old.heard, old.state_db, old.silent
        )
        draws = self._seeds._replace(sample=frame.number).generator("adapter")
        setting, adapter = agents.adapter(context, old.adapter, draws)
        self.memory = old._replace(heard=(), silent=old.silent + 1, adapter=adapter)
        self._note(frame, (setting.arm, slot))
        return setting

    def _gained(self) -> float:
        """Utility by weight that was reported since the last frame."""
        utility = sum(heard.report.success for heard in self.memory.heard)
        return utility * 2.0**self.memory.profile.priority

    def _asked(
        self, frame: Frame, setting: Setting, waited_ms: float, gained: float = 0.0
    ) -> Demand:
        """The demand of a frame: of the profile, what is left."""
        self._asking = Asking(frame, setting)
        known, slot_ms = self.memory, self._deciding.slot_ms
        profile = known.profile
        return Demand(
            uses=setting.arm.uses,
            most=max(profile.uses - self._spent, 0),
            transmitter=setting.arm.transmitter,
            retransmissions=min(setting.retransmissions, profile.retransmissions),
            state_db=self._known_db,
            wait_slots=waited_ms / slot_ms,
            left_slots=(profile.deadline_ms - waited_ms) / slot_ms,
            priority=profile.priority,
            **self._perceived(frame, setting),
            gained=gained,
            quality=known.quality,
        )

    def _grant(self, frame: Frame, share: Shares) -> Grant:
        """What is announced of a share."""
        grant = Grant(
            frame=frame.number % FRAMES,
            profile=self.memory.profile.number,
            **{name: value.item() for name, value in share._asdict().items()},
        )
        return layout.on_air(grant)

    def _note_granted(self, frame: Frame, grant: Grant) -> None:
        """Remember the alternative where that is granted in place of the choice."""
        chosen = self.memory.chosen[frame.number % REPORTED]
        if chosen is None or chosen[0].transmitter == grant.transmitter:
            return
        other = alternative(self._deciding.arms, chosen[0])
        if other is not None and other.transmitter == grant.transmitter:
            self._note(frame, (other, chosen[1]))

    def _note(self, frame: Frame, choice: tuple[Arm, int] | None) -> None:
        """Remember what was chosen for a frame, until its number is used again."""
        place, chosen = frame.number % REPORTED, self.memory.chosen
        chosen = (*chosen[:place], choice, *chosen[place + 1 :])
        self.memory = self.memory._replace(chosen=chosen)

    def _encoded(self, frame: Frame, grant: Grant, setting: Setting) -> Encoded | None:
        """The first signal within the grant, for its power; ``None`` if none fits."""
        place = grant.transmitter
        given = self._encoder.given(frame.sample, place, self._query())
        power = grant.power_db, grant.redundancy
        snr_db = planned_db(self._known_db, setting.margin_db, *power)
        memory = self.memory.pairs[place]
        encoded = self._encoder.encoded(given, place, grant.uses, snr_db, memory)
        if encoded is not None:
            self._remember(place, encoded.memory)
        return encoded

    def _perceived(self, frame: Frame, setting: Setting) -> dict[str, Any]:
        """What the demand of a frame says of its content."""
        memory, by = self.memory, self._deciding.perceiving
        other = alternative(self._deciding.arms, setting.arm) if by.least else None
        state_db, task = self._known_db - setting.margin_db, memory.profile.task
        known = Known(self._query(), task, state_db, memory.pairs)
        return perceived(frame.sample, setting.arm, other, known, by, self._encoder)

    @property
    def _known_db(self) -> float:
        """The last reported state, or the long-term mean before the first [dB]."""
        state_db = self.memory.state_db
        return self._deciding.initial_db if state_db is None else state_db

    def _query(self) -> Query:
        """What the profile says that the receiver wants to know."""
        return Query(classes=self.memory.profile.classes)
