"""The one concrete chain: transmitter, channel, receiver, task."""

import inspect
from collections.abc import Callable

import numpy as np

from semlink.errors import InputError
from semlink.graph import compiled
from semlink.loop.evolution import takes_start
from semlink.loop.exchange import Delivery, Encode, exchange
from semlink.loop.feedback import Feedback, slot_of
from semlink.protocols import Budget, Channel, Frame, Loop, Task, Transceiver
from semlink.rng import Course, Seeds
from semlink.signals import Estimate, Ledger, RxSignal, SourceBatch, TxSignal
from semlink.stages import stage

LONGEST = 2**20  # symbols that may pass while an exchange waits
NO_NOISE = 1e-9  # variance that receivers can still divide by
LINK_METRICS = ("ber", "bler", "outage", "goodput")

Metrics = dict[str, tuple[np.ndarray, np.ndarray]]


class Link:
    """A transceiver over a channel, judged by a task.

    The transmit stage does not depend on the noise: call :meth:`transmit` once for
    an image and :meth:`measure` for every SNR. Transceivers compile their own inner
    parts, for a picture codec cannot enter a graph.

    Parameters
    ----------
    transceiver : transmitter and receiver
    channel : built channel, compiled by :func:`compiled_channel` or as it is
    task : built task
    """

    def __init__(self, transceiver: Transceiver, channel: Channel, task: Task):
        self.transmitter = transceiver.transmitter
        self.metrics = (*task.metrics, *LINK_METRICS)
        self._pair = transceiver
        self._receiver = transceiver.receiver
        self._error_free = transceiver.error_free
        self._task = task
        self._channel = channel
        self._frame = Frame() if transceiver.error_free else _frame_of(channel)
        if transceiver.loop:
            _check_length(transceiver.loop, slot_of(channel))

    def budget(
        self, cbr: float, cbr_mode: str, snr_db: float, state_db: float | None = None
    ) -> Budget:
        """The budget of a point, with what the transmitter makes of its CSI.

        With ``state_db``, it is that of a transmission before which this was reported.
        """
        over = None if self._error_free else self._channel
        fed_back = Feedback(float(snr_db), over, self._pair.loop, state_db)
        point = self.transmitter.operating_point(fed_back)
        return Budget(cbr, cbr_mode, point, self._frame)

    @stage("encode")
    def transmit(self, batch: SourceBatch, plan) -> TxSignal:
        """Encode and modulate a batch."""
        return self.transmitter(batch, plan)

    @stage("channel")
    def propagate(self, tx: TxSignal, snr_db: float, seed: int) -> RxSignal:
        """Send symbols over the channel; the seed is that of its course."""
        if self._error_free:
            ones = np.ones_like(tx.x)
            return RxSignal(tx.x, np.full(tx.x.shape, NO_NOISE, np.float32), ones)
        rx = self._channel(tx.x, np.asarray(snr_db, np.float32), Course(seed))
        return _without_noise(tx, RxSignal(*map(np.asarray, rx)))

    def ledger(self, tx: TxSignal) -> Ledger:
        """Channel uses by purpose, with those that the channel's frames add."""
        added = [self._frame.uses(n) - n for n in tx.ledger.total]
        return tx.ledger._replace(pilots=tx.ledger.pilots + np.array(added))

    @stage("receive")
    def receive(self, rx: RxSignal) -> Estimate:
        """Decode what was received."""
        return self._receiver(rx)

    def deliver(self, encode: Encode, snr_db: float, seeds: Seeds) -> Delivery:
        """Get a batch across: once, or with all that a loop of feedback adds.

        Parameters
        ----------
        encode : gives plan and signal, by the state that was reported, if one is
        snr_db : average received Es/N0 [dB]
        seeds : of all that is random
        """
        if self._pair.loop:
            return exchange(self._pair, self._channel, encode, snr_db, seeds)
        return self._once(encode(None)[1], snr_db, seeds.course)

    def _once(self, tx: TxSignal, snr_db: float, seed: int) -> Delivery:
        """Send a signal, and have no feedback."""
        estimate = self.receive(self.propagate(tx, snr_db, seed))
        return Delivery((tx,), estimate, -(-tx.ledger.total // slot_of(self._channel)))

    def uses(self, delivery: Delivery) -> Ledger:
        """Channel uses of all transmissions."""
        return Ledger(*map(sum, zip(*map(self.ledger, delivery.sent), strict=True)))

    @stage("judge")
    def judge(self, batch: SourceBatch, delivery: Delivery) -> Metrics:
        """Compare what was sent with what arrived.

        Output
        ------
        : ``{metric: (sum [B], count [B])}`` of the task and of the link
        """
        tx = delivery.sent[0]._replace(ledger=self.uses(delivery))
        counted = link_metrics(tx, delivery.estimate)
        return {**self._task(batch, delivery.estimate), **counted}

    def measure(
        self, batch: SourceBatch, tx: TxSignal, snr_db: float, seed: int
    ) -> Metrics:
        """Send a signal over the channel once, and judge what arrives.

        Raises
        ------
        ValueError
            If the pair has a loop, and may send more than that: see :meth:`deliver`.
        """
        if self._pair.loop:
            raise ValueError("a pair with a loop is measured by deliver and judge")
        return self.judge(batch, self._once(tx, snr_db, seed))


def _check_length(loop: Loop, slot: int) -> None:
    """Refuse exchanges that no memory holds."""
    slots = 1 + loop.csi_delay_slots + loop.max_transmissions * loop.round_trip_slots
    if slots * slot > LONGEST:
        raise InputError(
            f"an exchange may wait for {LONGEST // slot} slots of {slot} symbols, in "
            f"all its round trips and the delay of its CSI, got {slots}"
        )


class _Stage:
    """A channel that is compiled; it is known by itself, whatever its parts are."""

    def __init__(self, stage: Callable, channel: Channel):
        self._stage, self.frame = stage, _frame_of(channel)
        self.superposes = getattr(channel, "superposes", False)
        self.name = type(channel).__name__

    def __call__(self, x, snr_db, course: Course) -> RxSignal:
        # a number would be a constant of the graph, and each seed a graph of its own
        return self._stage(x, snr_db, np.asarray(course.seed, np.int64))


class _StageWithStart(_Stage):
    """The same of a channel that can be evaluated from any place of its course.

    What begins with the course has a graph of its own: a start that is known to be zero
    leaves nothing to compute, and another rounding.
    """

    def __init__(self, stage: Callable, later: Callable, channel: Channel):
        super().__init__(stage, channel)
        self._later = later

    def __call__(self, x, snr_db, course: Course, start=0) -> RxSignal:
        if not start:
            return super().__call__(x, snr_db, course)
        seed, start = np.asarray(course.seed, np.int64), np.asarray(start, np.int32)
        return self._later(x, snr_db, seed, start)


def compiled_channel(channel: Channel, name: str = "channel") -> Channel:
    """Compile a channel as strongly as its ``level`` says (default: graph).

    Parameters
    ----------
    channel : built channel
    name : under which its traces are counted

    Raises
    ------
    InputError
        The channel takes no course to draw from.
    """
    try:
        inspect.signature(channel).bind("x", "snr_db", "course")
    except TypeError:
        raise InputError(
            "a channel must take (x, snr_db, course) and draw from its course, got "
            f"{type(channel).__name__}{inspect.signature(channel)}"
        ) from None

    def over(x, snr_db, seed) -> RxSignal:
        return channel(x, snr_db, Course(seed))

    def later(x, snr_db, seed, start) -> RxSignal:
        return channel(x, snr_db, Course(seed), start)

    level = getattr(channel, "level", "graph")
    stage = compiled(over, level=level, name=name)
    if not takes_start(channel):
        return _Stage(stage, channel)
    return _StageWithStart(stage, compiled(later, level=level, name=name), channel)


def _frame_of(channel: Channel) -> Frame:
    """The frame of a channel; of one that says nothing, its symbols alone."""
    return getattr(channel, "frame", Frame())


def _without_noise(tx: TxSignal, rx: RxSignal) -> RxSignal:
    """Let what is declared clean arrive as it was sent."""
    if tx.clean is None:
        return rx
    x_hat, no = rx.x_hat.copy(), rx.no.copy()
    for i, symbols in enumerate(tx.clean):
        x_hat[i, symbols], no[i, symbols] = tx.x[i, symbols], NO_NOISE
    return rx._replace(x_hat=x_hat, no=no)


def link_metrics(tx: TxSignal, estimate: Estimate) -> Metrics:
    """Count errors against what was sent.

    BER counts the bits of the blocks that the receiver decoded, BLER every block
    sent: what was never decoded (lost header) is a block in error.
    """
    counts = [_errors(*pair) for pair in zip(tx.blocks, estimate.blocks, strict=True)]
    bit_errors, bits, block_errors, blocks, good_bits = np.array(counts, float).T
    return {
        "ber": (bit_errors, bits),
        "bler": (block_errors, blocks),
        "outage": (np.asarray(estimate.lost, float), np.ones(len(counts))),
        "goodput": (good_bits, np.where(blocks > 0, tx.ledger.total, 0.0)),
    }


def _errors(sent: np.ndarray, decoded: np.ndarray) -> tuple[float, ...]:
    """(bit errors, bits decoded, block errors, blocks sent, bits delivered)."""
    if decoded.shape != sent.shape:
        return 0, 0, len(sent), len(sent), 0
    wrong = sent != decoded
    bad = wrong.any(axis=-1).sum() if sent.size else 0
    good_bits = (len(sent) - bad) * (sent.shape[-1] if sent.size else 0)
    return wrong.sum(), wrong.size, bad, len(sent), good_bits
