"""The closed loop: intent, encode, transmit, decode, act, evaluate, feed back.

A session plays one episode of a world. The two ends share nothing but what crosses the
air. The loop in :meth:`Session.play` has a line for each of the first five stages of
the paper's Figure 1. Of the sixth, cloud and edge, it has the fetching of models.

A session stops wherever it needs a grant, so that a cell of several sessions can share
a pool (:mod:`semlink.loop.cell`). Alone, it is a cell of one user.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from semlink.ends.air import Air, Arrived
from semlink.ends.receiver import Receiver
from semlink.ends.reception import Answer, Closed, Intended
from semlink.ends.sender import Sender
from semlink.ends.sending import Emitted
from semlink.ends.wire import Wire
from semlink.loop.cell import Asked, Cell, Sharing
from semlink.loop.device import Cost, DeviceProfile, Work, computing, fetching
from semlink.loop.pool import Demand, Shares
from semlink.loop.world import Frame, World
from semlink.metrics import Task
from semlink.modalities.query import Query
from semlink.signalling.messages import TaskProfile
from semlink.signals import DOWN, Estimate, Ledger, Sample, unknown

Values = Mapping[str, tuple[float, float]]


class Evaluation(NamedTuple):
    """How frames are judged. Neither end sees it.

    tasks : built tasks, by name
    utility : (name of a task, its values) -> utility from 0 to 1
    rating : share of frames that the user rates
    """

    tasks: Mapping[str, Task]
    utility: Callable[[str, Values], float]
    rating: float = 0.0


class Parts(NamedTuple):
    """Parts of a session.

    world, air : of the episode
    sender, receiver : the ends, or what stands for them in another process
    evaluation : how frames are judged
    device : times and energies of the machines
    work : operations of each transmitter, in the session's order
    round_trip_slots : slots from the end of a transmission to the answer to its
        request, without the delay of the uplink
    draws : generator of the simulated user
    sharing : the scheduler, with its pool; in a cell, that of the cell
    user : number of the user in the cell
    perceiving : operations for a value of a frame before the sender asks for it (FLOP)
    """

    world: World
    air: Air
    sender: Sender
    receiver: Receiver
    evaluation: Evaluation
    device: DeviceProfile
    work: tuple[Work, ...]
    round_trip_slots: int
    draws: np.random.Generator
    sharing: Sharing
    user: int = 0
    perceiving: float = 0.0


class Outcome(NamedTuple):
    """What came of a frame.

    estimate : what the receiver acts on
    values : (sum, count) of each metric of the profile's task
    utility : its utility if it is in time, 0 to 1
    latency_ms : from the capture to the act
    late : the deadline was missed, or the frame was not sent
    cost : time and energy of the machines, energy of the air
    """

    estimate: Estimate
    values: Values
    utility: float
    latency_ms: float
    late: bool
    cost: Cost


class Step(NamedTuple):
    """One frame of a session: what was decided, what it cost, what came of it.

    frame : as it was captured
    snr_db : mean Es/N0 at its capture [dB]
    profile : what the receiver wants
    intended : what came of the user's new intent, if there is one
    emitted : first transmission, with grant and setting; ``None`` if none was sent
    verdicts : decision of the receiver after each transmission
    outcome : what came of it
    success : the receiver's own expectation of the utility, 0 to 1
    acts : the receiver asks the camera to stay
    uses : channel uses of the frame, down and up
    backhaul_bytes : bytes over the backhaul
    heard : messages that reached the sender since the last frame
    user : number of the user in its cell
    """

    frame: Frame
    snr_db: float
    profile: TaskProfile
    intended: Intended | None
    emitted: Emitted | None
    verdicts: tuple[str, ...]
    outcome: Outcome
    success: float
    acts: bool
    uses: Ledger
    backhaul_bytes: int
    heard: int
    user: int = 0


class Session:
    """One episode of the loop.

    Parameters
    ----------
    parts : its parts
    """

    def __init__(self, parts: Parts):
        self.parts, self._on_the_way = parts, deque()
        self._uses, self._heard = Ledger(), 0
        self._computed, self._intended = Cost(), None

    def __iter__(self) -> Iterator[Step]:
        """Play the episode alone, frame by frame."""
        return iter(Cell([self], self.parts.sharing))

    def play(self) -> Generator[Asked | Step, Shares | None, None]:
        """Play the episode: what is asked of the pool, and the steps.

        Whoever plays it sends the shares that are granted for what is asked.
        """
        for number in range(len(self.parts.world)):
            frame = self._capture(number)
            self._signal_intent(frame)
            emitted = yield from self._send(frame)
            verdicts = yield from self._receive(frame, emitted)
            outcome = self._act(frame, emitted, len(verdicts))
            closed = self._feed_back(outcome)
            yield self._step(frame, emitted, verdicts, outcome, closed)

    def _capture(self, number: int) -> Frame:
        """Time goes on to the next frame; messages arrive meanwhile."""
        world, air = self.parts.world, self.parts.air
        self._uses, self._heard = Ledger(), 0
        self._computed, self._intended = Cost(), None
        air.wait(max(world.slot_of(number) - air.now, 0))
        self._hear(world.slot_of(number))
        for _ in self.parts.sender.acts():
            world.stay()
        return world.frame(number)

    def _signal_intent(self, frame: Frame) -> None:
        """Stage 1: an intent becomes a profile, which goes up until it is heard."""
        receiver = self.parts.receiver
        if frame.says is not None:
            self._intended = receiver.intend(frame.says, frame.answers)
        wire = receiver.open(frame.number, _query(frame.sample, receiver.profile))
        if wire is not None:
            self._up("profile", wire)

    def _send(self, frame: Frame) -> Generator[Asked, Shares, Emitted | None]:
        """Stages 2 and 3: perceive, schedule, encode; ``None`` if it is too late."""
        parts = self.parts
        self._compute(parts.perceiving * frame.sample.values)
        self._hear(parts.air.now)
        demand = parts.sender.ask(frame, parts.air.now, self._elapsed_ms(frame))
        if demand is None:
            return None
        return (yield from self._granted(frame, demand))

    def _granted(
        self, frame: Frame, demand: Demand
    ) -> Generator[Asked, Shares, Emitted]:
        """Wait for a grant, and encode the frame for it."""
        share = yield Asked(self.parts.air.now, demand, frame.load)
        emitted = self.parts.sender.send(share)
        self._compute(self._flop(frame, emitted).encode)
        return emitted

    def _receive(
        self, frame: Frame, emitted: Emitted | None
    ) -> Generator[Asked, Shares, tuple[str, ...]]:
        """Stage 4: decode; accept, ask for parts again, or give up."""
        parts, verdicts, sent = self.parts, [], emitted
        while sent is not None:
            rx = parts.air.down(sent.x, sent.grant.power_db)
            self._uses += sent.uses + parts.air.added(len(sent.x))
            answer = parts.receiver.take(rx, self._left_slots(frame))
            verdicts.append(answer.verdict)
            sent = yield from self._ask(frame, answer)
        return tuple(verdicts)

    def _ask(
        self, frame: Frame, answer: Answer
    ) -> Generator[Asked, Shares, Emitted | None]:
        """Send a request up, once more if nothing comes; return what comes."""
        parts = self.parts
        for _ in range(2):
            if answer.wire is None or self._left_slots(frame) < answer.slots:
                break
            arrives = self._up("request", answer.wire).slot - parts.air.now
            parts.air.wait(max(self._answer_slots, arrives))
            self._hear(parts.air.now)
            sent = parts.sender.again(self._elapsed_ms(frame))
            if isinstance(sent, Demand):
                return (yield from self._granted(frame, sent))
            if sent is not None:
                return sent
        return None

    def _act(self, frame: Frame, emitted: Emitted | None, decoded: int) -> Outcome:
        """The receiver acts on what it has; the simulator sees what it was worth.

        Of what it decoded so many times, the last time alone is not in the wait for an
        answer.
        """
        parts, profile = self.parts, self.parts.receiver.profile
        flop = self._flop(frame, emitted).decode
        decoding = computing(parts.device.receiver, flop)
        latency_ms = self._elapsed_ms(frame) + decoding.ms
        latency_ms += fetching(parts.device, self._fetched_bytes())
        late = emitted is None or latency_ms > profile.deadline_ms
        estimate = parts.receiver.estimate()
        sample = frame.sample._replace(query=_query(frame.sample, profile))
        task = parts.evaluation.tasks[profile.task]
        judged = estimate if estimate.modality in task.judges else unknown()
        values = task.observe(sample, judged)
        utility = 0.0 if late else parts.evaluation.utility(profile.task, values)
        power = 10 ** (emitted.grant.power_db / 10) if emitted else 0.0
        symbols = self._uses.of(direction=DOWN)
        air = Cost(0.0, parts.device.symbol_mj * power * symbols)
        every = computing(parts.device.receiver, decoded * flop)
        cost = self._computed + every + air
        return Outcome(estimate, values, utility, latency_ms, late, cost)

    def _feed_back(self, outcome: Outcome) -> Closed:
        """Stage 5: a report on quality of service, and what the receiver acts."""
        parts, rating = self.parts, 0
        if parts.draws.random() < parts.evaluation.rating:
            rating = 1 + min(int(3 * outcome.utility), 2)
        closed = parts.receiver.close(outcome.late, rating)
        if closed.report is not None:
            self._up("report", closed.report)
        if closed.answer is not None:
            self._up("request", closed.answer)
        if closed.act is not None:
            self._up("act", closed.act)
        return closed

    def _step(self, frame, emitted, verdicts, outcome, closed: Closed) -> Step:
        return Step(
            frame=frame,
            snr_db=self.parts.world.snr_db(frame.slot),
            profile=self.parts.receiver.profile,
            intended=self._intended,
            emitted=emitted,
            verdicts=verdicts,
            outcome=outcome,
            success=closed.success,
            acts=closed.act is not None,
            uses=self._uses,
            backhaul_bytes=self._fetched_bytes(),
            heard=self._heard,
            user=self.parts.user,
        )

    def _up(self, purpose: str, wire: Wire) -> Arrived:
        """Send a message up."""
        arrived, uses = self.parts.air.up(purpose, wire)
        self._uses += uses
        if arrived.wire is not None:
            self._on_the_way.append(arrived)
        return arrived

    def _hear(self, slot: int) -> None:
        """Let the sender hear the messages that arrive up to a slot."""
        for arrived in [a for a in self._on_the_way if a.slot <= slot]:
            self._on_the_way.remove(arrived)
            self.parts.sender.hear(arrived.wire, arrived.slot)
            self._heard += 1

    def _compute(self, flop: float) -> None:
        """Let the time go by that operations take at the sender, and count them."""
        parts = self.parts
        cost = computing(parts.device.sender, flop)
        self._computed += cost
        parts.air.wait(int(np.ceil(cost.ms / parts.device.slot_ms)))

    def _left_slots(self, frame: Frame) -> float:
        """Slots from the answer to a request until the deadline."""
        parts = self.parts
        left_ms = parts.receiver.profile.deadline_ms - self._elapsed_ms(frame)
        left_ms -= fetching(parts.device, self._fetched_bytes())
        return left_ms / parts.device.slot_ms - self._answer_slots

    @property
    def _answer_slots(self) -> int:
        """Slots from the end of a transmission to the answer to its request."""
        return self.parts.round_trip_slots + self.parts.air.delay_slots

    def _fetched_bytes(self) -> int:
        """Bytes of the model that the receiver fetched for the frame, if any."""
        place = self.parts.receiver.fetched()
        return 0 if place is None else self.parts.work[place].model_bytes

    def _elapsed_ms(self, frame: Frame) -> float:
        return (self.parts.air.now - frame.slot) * self.parts.device.slot_ms

    def _flop(self, frame: Frame, emitted: Emitted | None) -> Work:
        """Operations to encode a frame, and to decode it."""
        if emitted is None or emitted.tx is None:
            return Work()
        work = self.parts.work[emitted.grant.transmitter]
        values = frame.sample.values
        return Work(work.encode * values, work.decode * values)


def _query(sample: Sample, profile: TaskProfile) -> Query:
    """What the receiver wants to know of a frame: its classes, and the questions."""
    asked = sample.query if isinstance(sample.query, Query) else Query()
    return Query(asked.questions, profile.classes)
