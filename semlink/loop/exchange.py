"""What goes back and forth: CSI, transmission, request, what was asked for.

All of an exchange meets one course of the channel, each part when its time has come.
What goes back crosses the feedback link, which counts it, delays it and may lose it. A
receiver whose request was lost notices that nothing follows, and asks again.
"""

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

import numpy as np

from semlink.errors import Infeasible
from semlink.loop.evolution import ChannelEvolution
from semlink.loop.feedback_link import FREE, REPORT_BITS, FeedbackLink
from semlink.protocols import (
    Channel,
    Evolution,
    Loop,
    RequestedTransmitter,
    RequestingReceiver,
    Transceiver,
)
from semlink.rng import Seeds
from semlink.signals import NO_BLOCKS, Estimate, Ledger, Sample, TxSignal
from semlink.stages import running


class Memory(NamedTuple):
    """What the two ends remember; ``None`` where they remember nothing."""

    transmitter: Any = None
    receiver: Any = None


class Encoded(NamedTuple):
    """A first transmission.

    sample : as the transmitter has it
    plan : by which it was made
    tx : the signal
    memory : of the transmitter, after it
    """

    sample: Sample
    plan: Hashable
    tx: TxSignal
    memory: Any = None


# state fed back [dB] -> what is sent
Encode = Callable[[float | None], Encoded]


class Delivery(NamedTuple):
    """An exchange as the simulator sees it.

    sent : every transmission
    estimate : what the receiver made of them
    slots : from the first symbol to the last, waiting included
    fed_back : channel uses of the feedback link
    memory : of both ends, after it
    received : every signal as the receiver got it
    """

    sent: tuple[TxSignal, ...]
    estimate: Estimate
    slots: int
    fed_back: Ledger = Ledger()
    memory: Memory = Memory()
    received: tuple = ()


class Receiving(NamedTuple):
    """What the ends bring to an exchange.

    query : what the receiver wants to know
    memory : what both ends remember
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
    """Carry a sample across, in as many transmissions as it takes.

    Parameters
    ----------
    pair : with a ``loop``
    channel : that is crossed
    encode : makes the first transmission
    snr_db : average received Es/N0 [dB]
    seeds : of the channel's course, of the report, and of losses of feedback
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
    state_db = _state_db(pair.loop, air, back)
    receiver: RequestingReceiver = pair.receiver
    process = receiver.listen(receiving.query, receiving.memory.receiver)
    try:
        first = encode(state_db)
    except Infeasible:
        if state_db is None:
            raise
        return _silence(process, air, back, receiving.memory)
    return _transmissions(pair, process, air, back, first)


class _Back:
    """The feedback link in one exchange."""

    def __init__(self, link: FeedbackLink, losses: np.random.Generator):
        self._link, self._losses = link, losses
        self.delay_slots = link.delay_slots
        self.uses = Ledger()

    def carries(self, purpose: str, num_bits: int) -> bool:
        """Send a message; whether it arrives."""
        self.uses += self._link.counted(purpose, num_bits)
        return self._link.arrives(self._losses)


def _silence(process, air: Evolution, back: _Back, before: Memory) -> Delivery:
    """Send nothing: in this state not even the smallest signal fits the budget."""
    nothing = np.zeros(1, np.complex64)
    tx = TxSignal(nothing[:0], Ledger(), NO_BLOCKS)
    rx = air.send(nothing, 0)
    estimate = process(rx)
    memory = before._replace(receiver=process.memory)
    return Delivery((tx,), estimate, 0, back.uses, memory, (rx,))


def _state_db(loop: Loop, air: Evolution, back: _Back) -> float | None:
    """What is reported to the transmitter of the channel before it sends [dB]."""
    if not loop.state:
        return None
    air.send(np.ones(air.slot, np.complex64), 1)
    air.wait(loop.csi_delay_slots)
    arrives = back.carries("report", REPORT_BITS)
    return air.report().state_db if arrives else None


def _transmissions(pair, process, air, back: _Back, first: Encoded) -> Delivery:
    """Send until nothing is missing, or may not be sent again."""
    transmitter: RequestedTransmitter = pair.transmitter
    begin, readable, tx, sent, received = air.now, 0, first.tx, [], []
    for last in range(pair.loop.max_transmissions - 1, -1, -1):
        if tx is not None:
            sent.append(tx)
            rx = air.send(tx.x, -(-tx.ledger.total // air.slot))
            received.append(rx)
            with running("receive"):
                estimate, request = process(rx), process.request
            readable += request.content is not None
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
    memory = Memory(first.memory, process.memory)
    slots = air.now - begin
    return Delivery(tuple(sent), estimate, slots, back.uses, memory, tuple(received))
