"""A channel that evolves through time, for several transmissions of one exchange.

A link without feedback sends once. Retransmissions, and the transmission after a state
report, meet a later part of the same course.
"""

import inspect
from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np

from semlink.loop.feedback import effective_db, reported_db, resources_of, slot_of
from semlink.protocols import Channel, StateMap, StateReport
from semlink.rng import Course
from semlink.signals import RxSignal, on_air
from semlink.stages import stage
from semlink.units import db_to_linear

SHORTEST = 2**15  # symbols simulated from the beginning; doubled as needed


@runtime_checkable
class Evolution(Protocol):
    """One course of a channel through time.

    slot : symbols of a slot
    now : slots since the course began
    """

    slot: int
    now: int

    def send(self, x: np.ndarray, slots: int, power_db: float = 0.0) -> RxSignal:
        """Send symbols x : [n], complex64 over the next ``slots`` slots.

        ``power_db`` is their power over the nominal power [dB], known to the receiver.
        """

    def wait(self, slots: int) -> None:
        """Let slots go by."""

    def report(self) -> StateReport | None:
        """The last measurement that has arrived; ``None`` if there is none."""


class ChannelEvolution:
    """An :class:`Evolution` of any channel.

    Parameters
    ----------
    channel : built channel
    snr_db : average received Es/N0 [dB], or a function of the slot that gives it at
        the beginning of a signal
    seed : seed of the course
    delay_slots : slots from the end of a measurement to its report
    error_db : standard deviation of the measurement error [dB]
    errors : generator of the measurement errors; ``None`` for no errors

    Attributes
    ----------
    slot : symbols of a slot
    now : slots since the course began
    """

    def __init__(
        self,
        channel: Channel,
        snr_db: float | Callable[[int], float],
        seed: int,
        *,
        delay_slots: int = 0,
        error_db: float = 0.0,
        errors: np.random.Generator | None = None,
    ):
        self._channel, self._course = channel, Course(seed)
        self._snr_db = snr_db if callable(snr_db) else lambda slot: snr_db
        if not takes_start(channel):
            self._channel = _FromTheBeginning(channel)
        self._delay_slots, self._error_db = delay_slots, error_db
        self._errors, self._measured = errors, []
        self.slot, self._blocks = slot_of(channel), resources_of(channel)
        self.now = 0

    @stage("channel")
    def send(self, x: np.ndarray, slots: int, power_db: float = 0.0) -> RxSignal:
        """Send symbols over the next slots; the last symbols may be silence.

        The receiver knows the power and divides by its amplitude: symbols arrive at
        nominal amplitude with less noise. Gains do not include the power.

        Input
        -----
        x : [n], complex64
        slots : number of slots that the symbols take
        power_db : power of the symbols over the nominal power [dB]
        """
        snr_db = np.float32(self._snr_db(self.now) + power_db)
        start = self.now * self.slot
        rx = self._channel(on_air(x), snr_db, self._course, start).alone
        self.now += slots
        self._measure(rx.no[: slots * self.slot] * db_to_linear(power_db))
        return rx

    def wait(self, slots: int) -> None:
        """Let slots go by."""
        self.now += slots

    def report(self) -> StateReport | None:
        """The last measurement that has arrived; ``None`` before the first arrives."""
        arrived = self._arrived()
        return self._measured[arrived - 1] if arrived else None

    def _arrived(self) -> int:
        """Number of measurements that have arrived; earlier ones are forgotten."""
        return sum(m.slot + self._delay_slots <= self.now for m in self._measured)

    def _measure(self, no: np.ndarray) -> None:
        """Measure the state in the last slot of a signal : [N], at nominal power."""
        if not no.size:
            return
        error = self._errors.normal(0, self._error_db) if self._errors else 0.0
        state_db = reported_db(effective_db(no[-self.slot :]) + error)
        report = StateReport(float(state_db), self.now, self._map(no))
        self._measured = self._measured[max(self._arrived() - 1, 0) :] + [report]

    def _map(self, no: np.ndarray) -> StateMap:
        """The state by resource block, from noise variances of a signal : [N]."""
        last = np.arange(max(len(no) - self.slot, 0), len(no))
        blocks = self._blocks[last % self.slot]
        # a block that the last slot does not reach is taken to be as all of it
        states = np.array([
            effective_db(no[last[blocks == block]] if block in blocks else no[last])
            for block in range(self._blocks.max() + 1)
        ])  # fmt: skip
        error = np.zeros(len(states))
        if self._errors and self._error_db:
            error = self._errors.normal(0, self._error_db, len(states))
        states_db = tuple(map(float, reported_db(states + error)))
        return StateMap(states_db, tuple(map(int, self._blocks)))


def takes_start(channel: Channel) -> bool:
    """Whether a channel can be evaluated from any position of its course."""
    try:
        inspect.signature(channel).bind("x", "snr_db", "course", "start")
    except TypeError:
        return False
    return True


class _FromTheBeginning:
    """A channel without ``start``, evaluated from the beginning of its course."""

    def __init__(self, channel: Channel):
        self._channel = channel
        self._sent = np.zeros((1, SHORTEST), np.complex64)

    def __call__(self, x, snr_db, course: Course, start: int = 0) -> RxSignal:
        here = slice(start, start + x.shape[1])
        while self._sent.shape[1] < here.stop:
            self._sent = np.pad(self._sent, ((0, 0), (0, self._sent.shape[1])))
        self._sent[:, here] = x
        rx = self._channel(self._sent, snr_db, course)
        return RxSignal(*(np.asarray(part)[:, here] for part in rx))
