"""The one concrete chain: transmitter, channel, receiver, task."""

from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from semlink.compiled_channel import added, frame_of
from semlink.contracts import pairs
from semlink.contracts.tasks import observed as checked
from semlink.errors import InputError
from semlink.loop import asking
from semlink.loop.exchange import (
    KNOWS_NOTHING,
    Delivery,
    Encode,
    Encoded,
    Memory,
    Receiving,
    exchange,
)
from semlink.loop.feedback import Feedback, resources_of, slot_of
from semlink.loop.feedback_link import FREE, FeedbackLink
from semlink.metrics import Judgement, Task, if_received
from semlink.modalities.query import Query
from semlink.protocols import Budget, Channel, Frame, Loop, Transceiver
from semlink.rng import Course, Seeds
from semlink.signals import (
    NO_BIT,
    Estimate,
    Ledger,
    RxSignal,
    Sample,
    TxSignal,
    on_air,
)
from semlink.stages import stage

LONGEST = 2**20  # symbols of the longest exchange, waiting included
NO_NOISE = 1e-9  # noise variance of clean symbols; receivers divide by it


class Link:
    """A transceiver over a channel, judged by tasks.

    The transmit stage does not depend on the noise: call :meth:`transmit` once for
    a sample and :meth:`deliver` for every SNR. Transceivers compile their own inner
    parts, because a picture codec cannot run in a graph.

    Parameters
    ----------
    transceiver : transmitter and receiver
    channel : built channel, compiled by :func:`compiled_channel` or not
    tasks : built tasks, by name
    feedback : feedback link, from receiver to transmitter
    """

    def __init__(
        self,
        transceiver: Transceiver,
        channel: Channel,
        tasks: Mapping[str, Task],
        feedback: FeedbackLink = FREE,
    ):
        self.transmitter, self.pair = transceiver.transmitter, transceiver
        self._tasks, self._channel, self._feedback = tasks, channel, feedback
        self._frame = Frame() if transceiver.error_free else frame_of(channel)
        if transceiver.loop:
            _check_length(transceiver.loop, slot_of(channel))

    def budget(
        self, cbr: float, cbr_mode: str, snr_db: float, state_db: float | None = None
    ) -> Budget:
        """The budget of a point, with the transmitter's operating point.

        ``state_db`` is the channel state reported before the transmission [dB].
        """
        over = None if self.pair.error_free else self._channel
        fed_back = Feedback(float(snr_db), over, self.pair.loop, state_db)
        point = self.transmitter.operating_point(fed_back)
        point = pairs.key(point, "an operating point", self.pair)
        blocks = len(np.unique(resources_of(self._channel)))
        return Budget(cbr, cbr_mode, point, self._frame, self._feedback, blocks)

    def plan(self, samples: Sequence[Sample], budget: Budget) -> Hashable:
        """The plan of the transmitter for samples as it is given them."""
        return pairs.key(self.transmitter.plan(samples, budget), "a plan", self.pair)

    def given(self, sample: Sample, query: Query | None = None) -> Sample:
        """The transmitter's view of a sample: no ground truth, no unsignalled query.

        ``query`` is the one that the receiver has signalled.
        """
        known = sample.annotations if self.pair.oracle else {}
        return sample._replace(annotations=known, query=query)

    @stage("encode")
    def transmit(
        self, sample: Sample, plan, memory=None, query: Query | None = None
    ) -> tuple[TxSignal, Any]:
        """Encode and modulate a sample; return the signal and the new memory."""
        sent = self.transmitter(self.given(sample, query), plan, memory)
        return pairs.transmitted(sent, self.pair)

    @stage("channel")
    def propagate(self, tx: TxSignal, snr_db: float, seed: int) -> RxSignal:
        """Send symbols over the channel; ``seed`` selects its course."""
        x = on_air(tx.x)
        if self.pair.error_free:
            ones = np.ones_like(x)
            return RxSignal(x, np.full(x.shape, NO_NOISE, np.float32), ones).alone
        rx = self._channel(x, np.asarray(snr_db, np.float32), Course(seed))
        return _without_noise(tx, rx.alone)

    def ledger(self, tx: TxSignal) -> Ledger:
        """Channel uses by purpose, including those that the channel's frames add."""
        return tx.ledger + added(self._frame, tx.ledger.total)

    @stage("receive")
    def receive(self, rx: RxSignal, query=None, memory=None) -> tuple[Estimate, Any]:
        """Decode a received signal; return the estimate and the new memory."""
        return pairs.estimated(self.pair.receiver(rx, query, memory), self.pair)

    def deliver(
        self,
        encode: Encode,
        snr_db: float,
        seeds: Seeds,
        receiving: Receiving = KNOWS_NOTHING,
    ) -> Delivery:
        """Deliver a sample, in one transmission or in a feedback loop.

        Parameters
        ----------
        encode : makes plan and signal, given the reported state or ``None`` and, for a
            pair that hears queries, the signalled query or ``None``
        snr_db : average received Es/N0 [dB]
        seeds : seeds of all random numbers
        receiving : query of the receiver, and memory of both ends
        """
        if self.pair.hears_query:
            losses = seeds.generator("query")
            asked = asking.ask(self.pair, receiving.query, self._feedback, losses)
            encode = partial(encode, query=asked.query)
            done = self._exchanged(encode, snr_db, seeds, receiving)
            slots, uses = done.slots + asked.slots, done.fed_back + asked.uses
            return done._replace(slots=slots, fed_back=uses)
        return self._exchanged(encode, snr_db, seeds, receiving)

    def _exchanged(self, encode: Encode, snr_db, seeds: Seeds, receiving) -> Delivery:
        """Deliver a sample whose query, if it is signalled, has arrived or is lost."""
        if self.pair.loop:
            to = self._feedback, receiving
            return exchange(self.pair, self._channel, encode, snr_db, seeds, *to)
        return self._once(encode(None), snr_db, seeds.course, receiving)

    def _once(self, first: Encoded, snr_db, seed: int, receiving) -> Delivery:
        """Send a signal once, without feedback."""
        rx = self.propagate(first.tx, snr_db, seed)
        estimate, memory = self.receive(rx, receiving.query, receiving.memory.receiver)
        slots = -(-first.tx.ledger.total // slot_of(self._channel))
        both = Memory(first.memory, memory)
        return Delivery((first.tx,), estimate, slots, memory=both, received=(rx,))

    def uses(self, delivery: Delivery) -> Ledger:
        """Channel uses of all transmissions and of the feedback link."""
        return sum(map(self.ledger, delivery.sent), delivery.fed_back)

    @stage("judge")
    def judge(self, sample: Sample, delivery: Delivery) -> Judgement:
        """Compare the estimate with the sample, by all metrics."""
        estimate = pairs.judged(delivery.estimate, sample, self.pair)
        delivery = delivery._replace(estimate=estimate)
        values = link_metrics(delivery, self.uses(delivery).total)
        observed: dict[str, Mapping[str, Any] | None] = {}
        for name, task in self._tasks.items():
            seen = _observed(name, task, sample, estimate)
            additive = {m.name for m in task.metrics if m.kind != "set"}
            own = {k: v for k, v in seen.items() if k in additive}
            values |= own
            if not estimate.lost:
                values |= {if_received(k): v for k, v in own.items()}
            if len(additive) < len(task.metrics):
                own = {k: v for k, v in seen.items() if k not in additive}
                observed[name] = own or None
        return Judgement(values, observed)


def _observed(
    name: str, task: Task, sample: Sample, estimate: Estimate
) -> Mapping[str, Any]:
    """Observations of a task; empty for a modality that it does not judge."""
    if estimate.modality not in task.judges:
        return {}
    return checked(task.observe(sample, estimate), task, name)


def _check_length(loop: Loop, slot: int) -> None:
    """Refuse exchanges that do not fit in memory."""
    slots = 1 + loop.csi_delay_slots + loop.max_transmissions * loop.round_trip_slots
    if slots * slot > LONGEST:
        raise InputError(
            f"an exchange may take {LONGEST // slot} slots of {slot} symbols, round "
            f"trips and CSI delay included, got {slots}"
        )


def _without_noise(tx: TxSignal, rx: RxSignal) -> RxSignal:
    """Replace the received symbols declared clean by the transmitted ones."""
    if tx.clean is None:
        return rx
    x_hat, no = rx.x_hat.copy(), rx.no.copy()
    x_hat[tx.clean], no[tx.clean] = tx.x[tx.clean], NO_NOISE
    return rx._replace(x_hat=x_hat, no=no)


def link_metrics(delivery: Delivery, uses: int) -> dict[str, tuple[float, float]]:
    """Error counts and goodput of a delivery over ``uses`` channel uses.

    BER counts the bits of the blocks that the receiver decoded. BLER counts every block
    sent; a block that was never decoded (lost header) is in error.
    """
    estimate = delivery.estimate
    bit_errors, bits, block_errors, blocks, good_bits = _errors(
        delivery.sent[0].blocks, estimate.blocks
    )
    return {
        "ber": (bit_errors, bits),
        "bler": (block_errors, blocks),
        "outage": (float(estimate.lost), 1.0),
        "goodput": (good_bits, float(uses) if blocks else 0.0),
    }


def _errors(sent: np.ndarray, decoded: np.ndarray) -> tuple[float, ...]:
    """(bit errors, bits decoded, block errors, blocks sent, bits delivered)."""
    if decoded.shape != sent.shape:
        return 0.0, 0.0, float(len(sent)), float(len(sent)), 0.0
    wrong, length = sent != decoded, (sent != NO_BIT).sum(axis=-1)
    bad = wrong.any(axis=-1)
    counts = wrong.sum(), length.sum(), bad.sum(), len(sent), length[~bad].sum()
    return tuple(map(float, counts))
