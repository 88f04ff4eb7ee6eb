"""One exchange: state report, transmission, request, retransmissions.

All transmissions of an exchange meet one course of the channel, at successive times.
Reports and requests go over the feedback link, which counts and delays them and may
lose them. A receiver whose request was lost detects the silence and asks again.
"""

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

import numpy as np

from semlink.contracts import pairs
from semlink.errors import Infeasible
from semlink.loop.evolution import ChannelEvolution, Evolution
from semlink.loop.feedback_link import FREE, REPORT_BITS, FeedbackLink
from semlink.protocols import (
    AcknowledgedTransmitter,
    Channel,
    Loop,
    PlacingTransmitter,
    RequestedTransmitter,
    RequestingReceiver,
    StateMap,
    StateReport,
    Transceiver,
)
from semlink.rng import Seeds
from semlink.signals import NO_BLOCKS, Estimate, Ledger, Sample, TxSignal
from semlink.stages import running


class Memory(NamedTuple):
    """Memory of the two ends; ``None`` for an end without memory."""

    transmitter: Any = None
    receiver: Any = None


class Encoded(NamedTuple):
    """A first transmission.

    sample : the transmitter's view of the sample
    plan : plan of the signal
    tx : the signal
    memory : new memory of the transmitter
    """

    sample: Sample
    plan: Hashable
    tx: TxSignal
    memory: Any = None


# reported state [dB] -> first transmission
Encode = Callable[[float | None], Encoded]


class Delivery(NamedTuple):
    """Result of an exchange.

    sent : all transmissions
    estimate : output of the receiver
    slots : slots from the first symbol to the last, waiting included
    fed_back : channel uses of the feedback link
    memory : new memory of both ends
    received : all received signals
    reported : map of the channel's state that the receiver reported, if any
    """

    sent: tuple[TxSignal, ...]
    estimate: Estimate
    slots: int
    fed_back: Ledger = Ledger()
    memory: Memory = Memory()
    received: tuple = ()
    reported: StateMap | None = None


class Receiving(NamedTuple):
    """Query and memory before an exchange.

    query : of the receiver
    memory : of both ends
    """

    query: Any = None
    memory: Memory = Memory()


KNOWS_NOTHING = Receiving()


def exchange(
    pair: Transceiver,
    channel: Channel,
    encode: Encode,
    snr_db: float,
    seeds: Seeds,
    feedback: FeedbackLink = FREE,
    receiving: Receiving = KNOWS_NOTHING,
) -> Delivery:
    """Deliver a sample in one or more transmissions.

    Parameters
    ----------
    pair : transceiver with a ``loop``
    channel : built channel
    encode : makes the first transmission
    snr_db : average received Es/N0 [dB]
    seeds : seeds of the channel's course, of report errors and of feedback losses
    feedback : link that carries reports and requests
    receiving : query of the receiver, and memory of both ends
    """
    air = ChannelEvolution(
        channel,
        snr_db,
        seeds.course,
        delay_slots=pair.loop.csi_delay_slots,
        error_db=pair.loop.csi_error_db,
        errors=seeds.generator("report"),
    )
    back = _Back(feedback, seeds.generator("feedback"))
    report, arrives = _report(pair.loop, air, back)
    state_db = report.state_db if arrives and pair.loop.state else None
    receiver: RequestingReceiver = pair.receiver
    process = receiver.listen(receiving.query, receiving.memory.receiver)
    try:
        first = encode(state_db)
    except Infeasible:
        if state_db is None:
            raise
        return _silence(process, air, back, receiving.memory)
    if not pair.loop.map:
        return _transmissions(pair, process, air, back, first)
    process.reported(report.map)
    if arrives:
        first = first._replace(tx=_placed(pair, first, report.map))
    delivery = _transmissions(pair, process, air, back, first)
    return delivery._replace(reported=report.map)


class _Back:
    """The feedback link in one exchange."""

    def __init__(self, link: FeedbackLink, losses: np.random.Generator):
        self._link, self._losses = link, losses
        self.delay_slots = link.delay_slots
        self.uses = Ledger()

    def carries(self, purpose: str, num_bits: int) -> bool:
        """Send a message; return whether it arrives."""
        self.uses += self._link.counted(purpose, num_bits)
        return self._link.arrives(self._losses)


def _silence(process, air: Evolution, back: _Back, before: Memory) -> Delivery:
    """Send nothing: in the reported state no signal fits the budget."""
    nothing = np.zeros(1, np.complex64)
    tx = TxSignal(nothing[:0], Ledger(), NO_BLOCKS)
    rx = air.send(nothing, 0)
    estimate = process(rx)
    memory = before._replace(receiver=process.memory)
    return Delivery((tx,), estimate, 0, back.uses, memory, (rx,))


def _report(loop: Loop, air: Evolution, back: _Back) -> tuple[StateReport | None, bool]:
    """The report before the first transmission, if any, and whether it arrives."""
    if not (loop.state or loop.map):
        return None, False
    air.send(np.ones(air.slot, np.complex64), 1)
    air.wait(loop.csi_delay_slots)
    report = air.report()
    states = loop.state + len(set(report.map.blocks)) * loop.map
    return report, back.carries("report", REPORT_BITS * states)


def _placed(pair: Transceiver, first: Encoded, report: StateMap) -> TxSignal:
    """The first transmission, placed by a map."""
    transmitter: PlacingTransmitter = pair.transmitter
    with running("encode"):
        tx = transmitter.placed(first.sample, first.tx, first.plan, report)
        return pairs.signal(tx, pair)


def _transmissions(pair, process, air, back: _Back, first: Encoded) -> Delivery:
    """Transmit until the receiver is satisfied or no transmissions are left."""
    transmitter: RequestedTransmitter | AcknowledgedTransmitter = pair.transmitter
    begin, readable, tx, sent, received = air.now, 0, first.tx, [], []
    for last in range(pair.loop.max_transmissions - 1, -1, -1):
        if tx is not None:
            sent.append(tx)
            rx = air.send(tx.x, -(-tx.ledger.total // air.slot))
            received.append(rx)
            with running("receive"):
                estimate = process(rx)
                request = pairs.requested(process.request, pair)
            readable += request.content is not None
        if pair.loop.max_transmissions == 1 and not pair.loop.acknowledged:
            break  # nothing can be asked for
        arrives = back.carries("request", request.num_bits)
        if request.satisfied or not last:
            break
        air.wait(pair.loop.round_trip_slots + back.delay_slots)
        tx = None
        if arrives:
            with running("encode"):
                tx = transmitter.again(
                    first.sample, first.tx, first.plan, request.content, readable
                )
                tx = pairs.signal(tx, pair)
    known = first.memory
    if pair.loop.acknowledged:
        known = transmitter.acknowledged(known, request.content if arrives else None)
    memory = Memory(known, process.memory)
    slots = air.now - begin
    return Delivery(tuple(sent), estimate, slots, back.uses, memory, tuple(received))
