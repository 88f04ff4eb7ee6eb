"""The sender's end: it sees the frames, and hears what comes back.

It decides by its adapter and its scheduler, from reports that arrived, and never sees
the channel, the user's intent or the receiver's estimate.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from semlink.ends.answers import content_of, state_of
from semlink.ends.kept import Kept
from semlink.ends.sending import REPORTED, Emitted, Memory, Sent
from semlink.ends.wire import GRANT_BITS, Bursts, Wire, granted, unpacked
from semlink.errors import Infeasible, InputError
from semlink.link import Link
from semlink.loop.agents import (
    Adapter,
    Arm,
    Context,
    Demand,
    Heard,
    Pool,
    Scheduler,
    Setting,
)
from semlink.loop.exchange import Encoded
from semlink.loop.world import Frame
from semlink.modalities.query import Query
from semlink.protocols import Budget
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
from semlink.signals import Ledger, Sample, ledger
from semlink.store.cache import data_hash

FRAMES = 256  # numbers of frames on the air


class Deciding(NamedTuple):
    """The sender's agents.

    adapter, scheduler : built components
    arms : settings that the adapter can choose
    uses : channel uses of the pool in a frame
    initial_db : long-term mean of the Es/N0, known from the start [dB]
    """

    adapter: Adapter
    scheduler: Scheduler
    arms: tuple[Arm, ...]
    uses: int
    initial_db: float


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
        self._bursts, self._seeds, self._kept = bursts, seeds, kept
        self.memory = Memory(TaskProfile(), pairs=(None,) * len(links))
        self._acts: list[Act] = []
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

    def send(self, frame: Frame, slot: int, waited_ms: float = 0.0) -> Emitted | None:
        """Decide on a frame, announce it, and send it.

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
        self._sent, self._requested = None, None
        self._readable = self._repeats = self._spent = 0
        if waited_ms >= self.memory.profile.deadline_ms:
            self._note(frame, None)  # its report is about no choice
            return None
        setting, grant = self._decide(frame, slot)
        self._most = grant.retransmissions
        return self._emitted(frame, grant, setting)

    def again(self, slot: int) -> Emitted | None:
        """Answer the last request of this frame.

        Parameters
        ----------
        slot : now

        Output
        ------
        : ``None`` without a request, or beyond the retransmissions of the grant
        """
        request, self._requested = self._requested, None
        if request is None or self._sent is None:
            return None
        _, emitted, encoded, _ = self._sent
        if self._repeats == self._most:
            return None
        self._repeats += 1
        if request.verdict == "again":
            return self._anew(slot)
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

    def _anew(self, slot: int) -> Emitted:
        """Encode the frame for the state that is known now, with a new grant."""
        frame, emitted, _, before = self._sent
        self._readable = 0
        if emitted.tx is not None:  # the receiver lost it: its memory is as it was
            self._remember(emitted.grant.transmitter, before)
        grant = self._granted(frame, emitted.setting, slot)
        anew = self._emitted(frame, grant, emitted.setting)
        return anew._replace(uses=ledger(retransmission=len(anew.x)))

    def _emitted(self, frame: Frame, grant: Grant, setting: Setting) -> Emitted:
        """Encode a frame for the state that is known, and announce it."""
        before = self.memory.pairs[grant.transmitter]
        encoded = self._encoded(frame, grant, setting)
        if encoded is None:
            grant = grant.model_copy(update={"uses": 0})  # nothing follows
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
        state_db = float(report.state_db)
        self.memory = self.memory._replace(heard=heard, state_db=state_db, silent=0)

    def _decide(self, frame: Frame, slot: int) -> tuple[Setting, Grant]:
        """The setting that the adapter asks for, and what the scheduler grants."""
        old, agents = self.memory, self._deciding
        context = Context(
            slot, old.profile, agents.arms, old.heard, old.state_db, old.silent
        )
        draws = self._draws("adapter", frame)
        setting, adapter = agents.adapter(context, old.adapter, draws)
        self.memory = old._replace(heard=(), silent=old.silent + 1, adapter=adapter)
        self._note(frame, (setting.arm, slot))
        return setting, self._granted(frame, setting, slot)

    def _granted(self, frame: Frame, setting: Setting, slot: int) -> Grant:
        """What the scheduler grants, of the pool and of what the profile has left."""
        known, agents = self.memory, self._deciding
        number = frame.number % FRAMES
        demand = Demand(0, setting, known.profile, known.state_db, frame=number)
        most = int(agents.uses * (1 - frame.load))
        left = max(known.profile.uses - self._spent, 0)
        pool, draws = Pool(min(most, left), slot=slot), self._draws("scheduler", frame)
        (grant,), memory = agents.scheduler((demand,), pool, known.scheduler, draws)
        self.memory = known._replace(scheduler=memory)
        return layout.on_air(grant)

    def _note(self, frame: Frame, choice: tuple[Arm, int] | None) -> None:
        """Remember what was chosen for a frame, until its number is used again."""
        place, chosen = frame.number % REPORTED, self.memory.chosen
        chosen = (*chosen[:place], choice, *chosen[place + 1 :])
        self.memory = self.memory._replace(chosen=chosen)

    def _encoded(self, frame: Frame, grant: Grant, setting: Setting) -> Encoded | None:
        """The first signal within the grant; ``None`` if no signal fits."""
        link, place = self._links[grant.transmitter], grant.transmitter
        front = self._bursts.num_symbols(GRANT_BITS)
        query = self._query() if link.pair.hears_query else None
        given = link.given(frame.sample, query)
        state_db = self.memory.state_db
        known = self._deciding.initial_db if state_db is None else state_db
        cbr = max(grant.uses - front, 1) / given.values
        snr_db = known - setting.margin_db
        try:
            budget = link.budget(cbr, "per_image", snr_db)
            encoded = self._first(place, given, budget)
        except Infeasible:
            return None
        self._remember(place, encoded.memory)
        return encoded

    def _first(self, place: int, given: Sample, budget: Budget) -> Encoded:
        """The first signal within a budget, unless it is kept.

        A pair with memory sends equal frames differently; an oracle sees more of them.
        """
        link, memory = self._links[place], self.memory.pairs[place]

        def make() -> Encoded:
            plan = link.plan([given], budget)
            sent = link.transmit(given, plan, memory, given.query)
            return Encoded(given, plan, *sent)

        if self._kept is None or link.pair.remembers or link.pair.oracle:
            return make()
        what = data_hash(given.data), given.index, given.name, given.query
        return self._kept((link.pair.label, budget, what), make)._replace(sample=given)

    def _query(self) -> Query:
        """What the profile says that the receiver wants to know."""
        return Query(classes=self.memory.profile.classes)

    def _draws(self, role: str, frame: Frame) -> np.random.Generator:
        return self._seeds._replace(sample=frame.number).generator(role)
