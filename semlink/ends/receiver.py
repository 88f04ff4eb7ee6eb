"""The receiver's end: it knows the user, decodes, decides what it lacks, and reports.

It never sees the sender's frame or the channel's true state.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from semlink.chain import Link
from semlink.ends.answers import asked_anew, bits_of
from semlink.ends.reception import Answer, Closed, Intended, Pace, Reception
from semlink.ends.wire import GRANT_BITS, Bursts, Wire, packed
from semlink.errors import InputError
from semlink.loop.agents import IntentReader
from semlink.metrics import Confident, Task
from semlink.signalling import layout
from semlink.signalling.messages import (
    Act,
    Grant,
    Intent,
    Message,
    Report,
    Request,
    TaskProfile,
)
from semlink.signalling.profile import Offer
from semlink.signals import Estimate, RxSignal
from semlink.units import linear_to_db

FRAMES, REPORTED, PROFILES = 256, 16, 16  # numbers on the air
LOWEST_DB, HIGHEST_DB = -16, 47
FALLEN_DB = 2.0  # below the last report: the sender has planned for a better link
KEPT = 0.1  # least share of a grant that a link keeps for the parts that it repeats
REPEAT = 2  # frames after which a profile that is not acknowledged is sent again
Actor = Literal["none", "dwell"]
Asks = Literal["parts", "frames"]


class Patience(NamedTuple):
    """How the receiver decides on what it decoded.

    content : expected success from which it asks no more
    conceal : in place of a lost frame, nothing, or the last one
    actor : ``dwell``: it asks the camera to stay on a scene with objects of interest
        of which it is not sure
    asks : for ``parts`` of a frame that the link repeats, or for lost ``frames``, too,
        which are encoded anew for the state that it measured
    silent : messages (``profile``, ``request``, ``report``) that it never sends
    """

    content: float = 0.9
    conceal: Literal["nothing", "last"] = "nothing"
    actor: Actor = "none"
    asks: Asks = "parts"
    silent: Collection[str] = ()


class User(NamedTuple):
    """How a receiver understands its user.

    reads : reader of intents
    offers : (intent, number of the profile) -> profile of it, or of the nearest that
        can be met
    """

    reads: IntentReader
    offers: Callable[[Intent, int], Offer]


class Receiver:
    """The end that receives.

    Parameters
    ----------
    links : a link for each transmitter, in the session's order
    tasks : built tasks, by name
    bursts : code of grants and messages
    patience : how it decides
    user : how it understands the user
    holds : transmitters, by place, whose models it holds at the beginning
    pace : what it knows of the time that a frame takes
    """

    def __init__(
        self,
        links: Sequence[Link],
        tasks: Mapping[str, Task],
        bursts: Bursts,
        patience: Patience,
        user: User,
        holds: Collection[int],
        pace: Pace,
    ):
        self._links, self._tasks, self._bursts = links, tasks, bursts
        self._patience, (self._reads, self._offers) = patience, user
        self.profile, self._holds = TaskProfile(), set(holds)
        self._memories: tuple[Any, ...] = (None,) * len(links)
        self._acknowledged, self._said = True, -REPEAT
        self._of: Reception | None = None
        self._pace = pace
        self._state_db = float(LOWEST_DB)  # as it was measured last
        self._reported_db: float | None = None
        self._kept: Estimate | None = None  # the last one that was not lost

    def intend(self, says: Any, answers: Sequence[str] = ()) -> Intended:
        """Understand what the user says; its profile is sent until it is heard.

        Parameters
        ----------
        says : what the user says
        answers : what the user would answer to questions about it, in their order

        Raises
        ------
        InputError
            It is no intent.
        Infeasible
            No such intent can be met.
        """
        understood, asked, said = self._reads(says), 0, ""
        while understood.asks and asked < len(answers):
            said += understood.asks + answers[asked]
            asked += 1
            understood = self._reads(says, answers[:asked])
        number = (self.profile.number + 1) % PROFILES
        offer = self._offers(understood.intent, number)
        self.profile, self._acknowledged, self._said = offer.profile, False, -REPEAT
        return Intended(offer, asked, len(said.encode()))

    def open(self, number: int, query: Any) -> Wire | None:
        """Begin to receive a frame; return the profile if it has to be sent.

        It goes up again if the grant that could acknowledge it does not.
        """
        self._of = Reception(number, query)
        is_due = not self._acknowledged and number - self._said >= REPEAT
        if not is_due or "profile" in self._patience.silent:
            return None
        self._said = number
        return packed(self.profile)

    def take(self, rx: RxSignal, left_slots: float) -> Answer:
        """Decode a transmission, and decide.

        Parameters
        ----------
        rx : what was received
        left_slots : from the earliest answer to a request until the deadline
        """
        of = self._of
        of.heard += 1
        of.received = len(rx.x_hat) + (0 if of.begins else of.received)
        self._state_db = _state_db(rx.no)
        if of.begins:
            rx = self._read_grant(rx)
        if of.grant is not None:  # reports are of the state at nominal power
            self._state_db -= of.grant.power_db
        number = of.number % FRAMES
        if of.grant is None:
            request = Request(frame=number, verdict="ask")
        elif not of.grant.uses:  # nothing follows
            request = Request(frame=number, verdict="accept")
        else:
            of.estimate, request = self._decode(rx)
        if request.verdict == "ask" or of.estimate.lost:
            request = self._asked_anew(request)
        of.begins = request.verdict == "again" or not request.parts
        return self._decide(request, left_slots)

    def close(self, late: bool, rating: int = 0) -> Closed:
        """End a frame: report, and act.

        Parameters
        ----------
        late : whether the deadline was missed
        rating : rating of the user, 1 to 3, or 0
        """
        of, success = self._of, self._success()
        state_db = int(np.clip(self._state_db, LOWEST_DB, HIGHEST_DB))
        report = Report(
            frame=of.number % REPORTED,
            lost=of.estimate.lost,
            success=success,
            late=late,
            state_db=state_db,
            rating=rating,
        )
        self._reported_db = report.state_db
        if not of.estimate.lost:
            self._kept = of.estimate
        act = self._act(success)
        sent = (
            message and packed(message)
            for message in (self._told("report", report), act, self._answer())
        )
        return Closed(success, *sent)

    def _told(self, name: str, message: Message) -> Message | None:
        """A message, unless the receiver never sends its kind."""
        return None if name in self._patience.silent else message

    def _answer(self) -> Request | None:
        """The answer to an acknowledged transmitter, which it decoded last."""
        of = self._of
        if of.answer is None:
            return None
        accepted = Request(frame=of.number % FRAMES, verdict="accept", parts=of.answer)
        return self._told("request", accepted)

    def fetched(self) -> int | None:
        """Place of the transmitter whose model was fetched for the frame, if any."""
        return self._of.fetched

    def estimate(self) -> Estimate:
        """What the receiver acts on: the estimate, or the last one in its place."""
        now = self._of.estimate
        if now.data is not None and not now.lost:
            return now
        kept = self._kept if self._patience.conceal == "last" else None
        return now if kept is None else kept._replace(lost=True)

    def _read_grant(self, rx: RxSignal) -> RxSignal:
        """Read what is announced; return the rest of the signal."""
        bits = self._bursts.receive(rx.x_hat, rx.no, GRANT_BITS)
        try:
            grant = None if bits is None else layout.front(Grant, bits)
        except InputError:  # an error that passed the CRC
            grant = None
        if grant is not None and grant.transmitter < len(self._links):
            self._of.grant = grant
            self._acknowledged |= grant.profile == self.profile.number
            self._fetch(grant)
        begin = self._bursts.num_symbols(GRANT_BITS)
        return RxSignal(*(part[begin:] for part in rx))

    def _fetch(self, grant: Grant) -> None:
        """Get the model of an announced transmitter, if it is not here yet."""
        if grant.uses and grant.transmitter not in self._holds:
            self._holds.add(grant.transmitter)
            self._of.fetched = grant.transmitter

    def _decode(self, rx: RxSignal) -> tuple[Estimate, Request]:
        """Decode a signal of the announced transmitter, and its request."""
        of, place = self._of, self._of.grant.transmitter
        link, memory = self._links[place], self._memories[place]
        number = of.number % FRAMES
        if link.pair.loop is None:
            estimate, memory = link.receive(rx, of.query, memory)
            self._remember(place, memory)
            return estimate, Request(frame=number, verdict="accept")
        if of.process is None:
            of.process = link.pair.receiver.listen(of.query, memory)
        estimate = of.process(rx)
        self._remember(place, of.process.memory)
        asked = of.process.request
        if link.pair.loop.acknowledged:
            of.answer = bits_of(asked)
        if asked.satisfied:
            return estimate, Request(frame=number, verdict="accept")
        parts = () if asked.content is None else tuple(map(int, asked.content))
        return estimate, Request(frame=number, verdict="ask", parts=parts)

    def _asked_anew(self, request: Request) -> Request:
        """The request for a lost frame, where lost frames are asked for."""
        of, reported_db = self._of, self._reported_db
        nothing_follows = of.grant is not None and not of.grant.uses
        if self._patience.asks == "parts" or nothing_follows or not of.estimate.lost:
            return request
        known_db = self._state_db if reported_db is None else reported_db
        if request.parts and self._state_db >= known_db - FALLEN_DB:
            return request
        of.process = None  # which has parts of a signal that does not come again
        return asked_anew(of.number % FRAMES, self._state_db)

    def _slots(self, request: Request) -> float:
        """Slots from the beginning of what is asked for to the end of its decoding."""
        of, pace = self._of, self._pace
        if of.grant is None:  # it may be any transmitter
            whole, encode, decode = of.received, max(pace.encode), max(pace.decode)
        else:
            place, whole = of.grant.transmitter, of.grant.uses
            encode, decode = pace.encode[place], pace.decode[place]
        rest = whole - of.received
        due = rest if request.parts and rest > KEPT * whole else whole
        if request.verdict != "again":
            encode = 0.0
        return np.ceil(encode) + np.ceil(due / pace.slot) + decode

    def _remember(self, place: int, memory: Any) -> None:
        before, after = self._memories[:place], self._memories[place + 1 :]
        self._memories = (*before, memory, *after)

    def _decide(self, request: Request, left_slots: float) -> Answer:
        """Accept, ask again, or give up."""
        of = self._of
        most = of.grant.retransmissions if of.grant else self.profile.retransmissions
        slots = self._slots(request)
        has_asks = slots <= left_slots and of.heard <= most
        has_asks &= "request" not in self._patience.silent
        is_asked = request.verdict in ("ask", "again")
        if is_asked and has_asks and self._success() < self._patience.content:
            return Answer(packed(request), request.verdict, slots)
        # silence says the rest: the sender waits for no answer
        return Answer(None, "give_up" if of.estimate.lost else "accept")

    def _success(self) -> float:
        """The receiver's own expectation of the utility of what it has."""
        estimate, task = self._of.estimate, self._tasks[self.profile.task]
        if estimate.lost or estimate.data is None:
            return 0.0
        if estimate.modality not in task.judges:
            return 0.0
        if not isinstance(task, Confident):
            return 1.0
        return float(np.clip(task.confidence(estimate, self._of.query), 0, 1))

    def _act(self, success: float) -> Act | None:
        """What the receiver asks of the sender's world."""
        of = self._of
        unsure = 0 < success < self._patience.content
        if self._patience.actor == "none" or not unsure:
            return None
        return Act(frame=of.number % FRAMES, kind="stay")


def _state_db(no: np.ndarray) -> float:
    """Mean Es/N0 of received symbols [dB], rounded down, from their noise variances."""
    return float(np.floor(linear_to_db(np.mean(1 / np.asarray(no, float))) + 1e-3))
