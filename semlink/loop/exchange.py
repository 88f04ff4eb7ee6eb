"""What goes back and forth: CSI, transmission, acknowledgement, retransmission.

All of an exchange meets one course of the channel, each part when its time has come.
What is fed back takes none of the link's channel uses. Acknowledgements arrive as they
were sent, the channel's state late, rounded and with an error.
"""

from collections.abc import Callable, Hashable
from typing import NamedTuple

import numpy as np

from semlink.errors import Infeasible
from semlink.loop.evolution import ChannelEvolution
from semlink.protocols import (
    Channel,
    Evolution,
    HarqReceiver,
    HarqTransmitter,
    Loop,
    Transceiver,
)
from semlink.rng import Seeds
from semlink.signals import Estimate, TxSignal, ledger
from semlink.stages import running

# state fed back [dB] -> plan, and what is sent by it
Encode = Callable[[float | None], tuple[Hashable, TxSignal]]


class Delivery(NamedTuple):
    """An exchange as the simulator sees it.

    sent : every transmission
    estimate : what the receiver made of them
    slots : [B], from the first symbol to the last, waiting included
    """

    sent: tuple[TxSignal, ...]
    estimate: Estimate
    slots: np.ndarray


def exchange(
    pair: Transceiver, channel: Channel, encode: Encode, snr_db: float, seeds: Seeds
) -> Delivery:
    """Carry a picture across, in as many transmissions as it takes.

    Parameters
    ----------
    pair : with a ``loop``
    channel : that is crossed
    encode : makes the first transmission
    snr_db : average received Es/N0 [dB]
    seeds : of the channel's course, and of the report
    """
    air = ChannelEvolution(
        channel,
        snr_db,
        seeds.course,
        delay_slots=pair.loop.csi_delay_slots,
        error_db=pair.loop.csi_error_db,
        errors=seeds.generator("report"),
    )
    state_db = _state_db(pair.loop, air)
    try:
        plan, tx = encode(state_db)
    except Infeasible:
        if state_db is None:
            raise
        return _silence(pair, air)
    return _transmissions(pair, air, plan, tx)


def _silence(pair: Transceiver, air: Evolution) -> Delivery:
    """Send nothing: in this state not even the smallest picture fits the budget."""
    nothing = np.zeros((1, 1024), np.complex64)
    tx = TxSignal(nothing, ledger(1), (np.zeros((0, 0), np.uint8),))
    estimate = pair.receiver.listen()(air.send(nothing, 0))
    return Delivery((tx,), estimate, np.zeros(1, int))


def _state_db(loop: Loop, air: Evolution) -> float | None:
    """What is reported to the transmitter of the channel before it sends [dB]."""
    if not loop.state:
        return None
    air.send(np.ones((1, air.slot), np.complex64), 1)
    air.wait(loop.csi_delay_slots)
    return air.report().state_db


def _transmissions(pair: Transceiver, air: Evolution, plan, tx: TxSignal) -> Delivery:
    """Send until everything is there, or may not be sent again."""
    receiver: HarqReceiver = pair.receiver
    transmitter: HarqTransmitter = pair.transmitter
    process, begin, heard, sent = receiver.listen(), air.now, 0, []
    while True:
        sent.append(tx)
        rx = air.send(tx.x, -(-int(tx.ledger.total[0]) // air.slot))
        with running("receive"):
            estimate, ack = process(rx), process.ack
        heard += ack is not None
        done = ack is not None and ack.all()
        if done or len(sent) == pair.loop.max_transmissions:
            slots = np.array([air.now - begin])
            return Delivery(tuple(sent), estimate, slots)
        air.wait(pair.loop.round_trip_slots)
        with running("encode"):
            tx = transmitter.again(sent[0], plan, ack, heard)
