"""What goes back and forth: CSI, transmission, acknowledgement, retransmission.

All of an exchange meets one course of the channel, each part when its time has come.
What is fed back takes none of the link's channel uses. Acknowledgements arrive as they
were sent, the channel's state late, rounded and with an error.
"""

from collections.abc import Callable, Hashable
from typing import NamedTuple

import numpy as np

from semlink.errors import Infeasible
from semlink.loop.feedback import effective_db, reported_db, slot_of
from semlink.protocols import Channel, Loop, Transceiver
from semlink.rng import Course, Seeds
from semlink.signals import Estimate, RxSignal, TxSignal, ledger
from semlink.stages import running, stage

SHORTEST = 2**15  # symbols that are simulated, or twice, or four times as many

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


class Air:
    """One course of a channel, into which signals are put as time goes by.

    Parameters
    ----------
    channel : that they cross
    snr_db : average received Es/N0 [dB]
    seed : of the course
    """

    def __init__(self, channel: Channel, snr_db: float, seed: int):
        self._channel, self._snr_db, self._course = channel, snr_db, Course(seed)
        self._sent = np.zeros((1, SHORTEST), np.complex64)
        self.slot = slot_of(channel)
        self.now = 0  # slots since it began

    @stage("channel")
    def send(self, x: np.ndarray, slots: int) -> RxSignal:
        """What becomes of symbols [1, N], the last of which may be silence.

        Input
        -----
        x : [1, N], complex64
        slots : that they take
        """
        start = self.now * self.slot
        here = slice(start, start + x.shape[1])
        while self._sent.shape[1] < here.stop:  # the course goes on as it began
            self._sent = np.pad(self._sent, ((0, 0), (0, self._sent.shape[1])))
        self._sent[:, here] = x
        self.now += slots
        rx = self._channel(self._sent, np.float32(self._snr_db), self._course)
        return RxSignal(*(np.asarray(part)[:, here] for part in rx))


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
    air = Air(channel, snr_db, seeds.course)
    state_db = _state_db(pair.loop, air, seeds.generator("report"))
    try:
        plan, tx = encode(state_db)
    except Infeasible:
        if state_db is None:
            raise
        return _silence(pair, air)
    return _transmissions(pair, air, plan, tx)


def _silence(pair: Transceiver, air: Air) -> Delivery:
    """Send nothing: in this state not even the smallest picture fits the budget."""
    nothing = np.zeros((1, 1024), np.complex64)
    tx = TxSignal(nothing, ledger(1), (np.zeros((0, 0), np.uint8),))
    estimate = pair.receiver.listen()(air.send(nothing, 0))
    return Delivery((tx,), estimate, np.zeros(1, int))


def _state_db(loop: Loop, air: Air, report: np.random.Generator) -> float | None:
    """What the transmitter hears of the channel before it sends [dB]."""
    if not loop.state:
        return None
    rx = air.send(np.ones((1, air.slot), np.complex64), 1)
    air.now += loop.csi_delay_slots
    error = report.normal(0, loop.csi_error_db)
    return float(reported_db(effective_db(rx.no)[0] + error))


def _transmissions(pair: Transceiver, air: Air, plan, tx: TxSignal) -> Delivery:
    """Send until everything is there, or may not be sent again."""
    process, begin, heard, sent = pair.receiver.listen(), air.now, 0, []
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
        air.now += pair.loop.round_trip_slots
        with running("encode"):
            tx = pair.transmitter.again(sent[0], plan, ack, heard)
