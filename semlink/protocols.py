"""The roles a component can play. Nothing inherits from these; they are checked.

A component is one file whose ``build(**params)`` returns an object of one of
these shapes. The transmitter never imports a channel and the channel never knows
a transmitter.
"""

from collections.abc import Hashable, Sequence
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np

from semlink.loop.feedback_link import FREE, FeedbackLink
from semlink.rng import Course
from semlink.signals import IMAGE, Estimate, RxSignal, Sample, TxSignal
from semlink.units import channel_uses

CbrMode = Literal["average", "per_image", "causal"]


class Frame(NamedTuple):
    """How a channel fills its time and bandwidth: whole frames of channel uses.

    data : symbols of the transmitter in a frame
    total : channel uses of a frame, pilots and what stays empty among them
    """

    data: int = 1
    total: int = 1

    def uses(self, num_symbols: int) -> int:
        """Channel uses that a transmission of so many symbols takes."""
        return -(-num_symbols // self.data) * self.total

    def symbols(self, uses: int) -> int:
        """The most symbols that fit in so many channel uses."""
        return uses // self.total * self.data


class Budget(NamedTuple):
    """What a transmitter may spend.

    cbr : channel bandwidth ratio, all symbols counted
    cbr_mode : ``average``, one rate parameter for the whole set, whose mean CBR
        stays within the budget; ``per_image``, every sample within the budget; or
        ``causal``, every sample within what the budget and the samples before it leave
    operating_point : what :meth:`Transmitter.operating_point` made of the CSI
    frame : of the channel; what a transmission takes of it is what counts
    feedback : link whose uses count, too
    """

    cbr: float
    cbr_mode: CbrMode
    operating_point: Hashable
    frame: Frame = Frame()
    feedback: FeedbackLink = FREE

    def uses(self, sample: Sample) -> int:
        """The most channel uses that the budget allows a sample."""
        return channel_uses(self.cbr, sample.values)

    def limit(self, sample: Sample) -> int:
        """The most symbols that the budget allows a sample."""
        return self.frame.symbols(self.uses(sample))


@runtime_checkable
class Source(Protocol):
    """A finite, ordered set of samples.

    modality : of all of them
    """

    modality: str

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Sample:
        """Sample ``index``."""

    def fingerprint(self) -> str:
        """SHA-256 over all that the samples hold, queries and annotations included."""


class Csi(Protocol):
    """What is fed back of a channel (``semlink/loop/feedback.py``).

    snr_db : average received Es/N0 [dB]
    carried_db : Es/N0 of an AWGN channel of the same 1 % outage capacity
    symbols_db : [S, T, L], Es/N0 of symbols of S stretches, each as likely as the
        others, in each of T transmissions
    """

    snr_db: float
    carried_db: float
    symbols_db: np.ndarray


@runtime_checkable
class Transmitter(Protocol):
    """``Sample -> TxSignal`` within a budget."""

    def operating_point(self, csi: Csi) -> Hashable:
        """What the transmitter makes of the CSI fed back; ``None`` if it uses none.

        Signals of one operating point serve every channel and SNR that lead to it.
        """

    def plan(self, source: Sequence[Sample], budget: Budget) -> Hashable:
        """Choose the rate parameters for a set of samples, or for one of any index.

        Equal plans give equal signals, which are then made only once. The search of
        ``blocks/budget_search.py`` keeps each ``cbr_mode``, and gives a plan by index.

        Raises
        ------
        Infeasible
            The budget is below what the transmitter can do.
        """

    def __call__(
        self, sample: Sample, plan: Any, memory: Any = None
    ) -> tuple[TxSignal, Any]:
        """Make the signal of a sample, and what the transmitter remembers after it.

        The sample comes without annotations, unless the pair is an oracle, and
        without a query that was not signalled. A pair without memory gives ``None``.
        """


@runtime_checkable
class Receiver(Protocol):
    """``RxSignal -> Estimate``, from its configuration and the signal alone."""

    def __call__(
        self, rx: RxSignal, query: Any = None, memory: Any = None
    ) -> tuple[Estimate, Any]:
        """Decode a signal [N]; give the estimate and what the receiver remembers.

        ``query`` is what the receiver wants to know, which it has from the start.
        """


class Request(NamedTuple):
    """What a receiver feeds back of a transmission: an acknowledgement, or more.

    content : what arrived, or what is missing, as the pair understands it
    num_bits : that the feedback link carries
    satisfied : nothing more is asked for
    """

    content: Any
    num_bits: int
    satisfied: bool


@runtime_checkable
class Reception(Protocol):
    """One sample as it arrives, signal after signal.

    request : what the receiver feeds back after the last signal
    memory : what it remembers
    """

    request: Request
    memory: Any

    def __call__(self, rx: RxSignal) -> Estimate:
        """Combine a signal [N] with those before it, and decode."""


@runtime_checkable
class RequestingReceiver(Protocol):
    """A receiver that may ask for more of a sample, such as that of HARQ."""

    def listen(self, query: Any = None, memory: Any = None) -> Reception:
        """Begin to receive a sample."""


@runtime_checkable
class RequestedTransmitter(Protocol):
    """A transmitter that sends what is asked for, such as that of HARQ."""

    def again(
        self, sample: Sample, first: TxSignal, plan: Any, request: Any, sent: int
    ) -> TxSignal:
        """Make the next transmission.

        Parameters
        ----------
        sample : as in the first call
        first : the first transmission
        plan : by which it was made
        request : the content of the receiver's :class:`Request`
        sent : transmissions since the first that the receiver could read
        """


class StateReport(NamedTuple):
    """What a receiver reports of the channel's state.

    state_db : effective Es/N0 of a slot at nominal power, as measured, on a grid of
        1 dB
    slot : at whose beginning the measurement ended
    """

    state_db: float
    slot: int


@runtime_checkable
class Evolution(Protocol):
    """One course of a channel through time (``semlink/loop/evolution.py``).

    slot : symbols of a slot
    now : slots since the course began
    """

    slot: int
    now: int

    def send(self, x: np.ndarray, slots: int, power_db: float = 0.0) -> RxSignal:
        """Put symbols x : [n], complex64 on the air; they take ``slots``.

        ``power_db`` is their power over the nominal one [dB], which the receiver knows.
        """

    def wait(self, slots: int) -> None:
        """Let slots go by."""

    def report(self) -> StateReport | None:
        """The last measurement that is reported by now; ``None`` if there is none."""


class Loop(NamedTuple):
    """What a receiver feeds back while a sample is sent.

    Its pair is a :class:`RequestedTransmitter` and a :class:`RequestingReceiver`.

    state : the channel's state is reported before the transmitter sends
    csi_delay_slots : between the slot of which that is the state and the first it sends
    csi_error_db : standard deviation of an error in it [dB]
    max_transmissions : the first among them
    round_trip_slots : between the end of a transmission and the next
    """

    state: bool = False
    csi_delay_slots: int = 0
    csi_error_db: float = 0.0
    max_transmissions: int = 1
    round_trip_slots: int = 0


class Transceiver(NamedTuple):
    """A transmitter and the receiver that belongs to it.

    error_free : the pair is a bound, not a link: its symbols reach the receiver
        without noise, and its rate is set by a capacity instead.
    loop : of feedback, if the pair lives on one
    accepts : modalities of the samples that it can send
    makes : modality of its estimates; ``None`` for that of the sample
    oracle : the transmitter sees annotations; the pair is a reference, not a link
    remembers : its ends have memory, so that samples are sent in their order
    """

    transmitter: Transmitter
    receiver: Receiver
    error_free: bool = False
    loop: Loop | None = None
    accepts: tuple[str, ...] = (IMAGE,)
    makes: str | None = None
    oracle: bool = False
    remembers: bool = False


@runtime_checkable
class Channel(Protocol):
    """Symbols in, equalised symbols and receiver-side CSI out; ``E|h|^2 = 1``.

    It may have a ``frame``, if it spends channel uses on more than the symbols, and the
    ``level`` ``eager``, if it cannot be compiled to a graph. Where ``superposes`` is
    true, ``h_hat`` is the one gain of each symbol, x_hat = x + n / h_hat, and signals
    of several users can be sent at once (``semlink/superposition.py``).
    """

    def __call__(self, x, snr_db, course: Course, start=0) -> RxSignal:
        """Pass x : [B, N], complex64 at an average Es/N0 of ``snr_db`` (tensor, dB).

        All that is random is drawn from ``course``: a longer x meets the same course
        for longer, another x or ``snr_db`` the same one. ``start`` symbols of the
        course went by before x, in silence; a channel may do without the parameter,
        and is then evaluated from the beginning.
        """
