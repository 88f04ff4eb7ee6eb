"""Contracts of all components. Components do not inherit them; tests check them.

A component is one file whose ``build(**params)`` returns an object with one of these
interfaces. Transmitters never import a channel, and channels never import a
transmitter.
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
    """Frame of a channel; a transmission takes whole frames of channel uses.

    data : symbols of the transmitter in a frame
    total : channel uses of a frame, pilots, empty ones and a counted prefix included
    prefix : channel uses of the cyclic prefix in a frame; 0 if it is not counted
    """

    data: int = 1
    total: int = 1
    prefix: int = 0

    def uses(self, num_symbols: int) -> int:
        """Channel uses of a transmission of ``num_symbols``."""
        return -(-num_symbols // self.data) * self.total

    def symbols(self, uses: int) -> int:
        """Largest number of symbols that fit in ``uses`` channel uses."""
        return uses // self.total * self.data


class Budget(NamedTuple):
    """Channel uses that a transmitter may spend.

    cbr : channel bandwidth ratio, all symbols counted
    cbr_mode : ``average``, one rate parameter for the whole set, whose mean CBR
        stays within the budget; ``per_image``, every sample within the budget; or
        ``causal``, every sample within the budget up to it, less what the samples
        before it spent
    operating_point : result of :meth:`Transmitter.operating_point`
    frame : frame of the channel; all channel uses of its frames count
    feedback : feedback link, whose uses count, too
    resource_blocks : resource blocks of a slot, each with a state in a map
    """

    cbr: float
    cbr_mode: CbrMode
    operating_point: Hashable
    frame: Frame = Frame()
    feedback: FeedbackLink = FREE
    resource_blocks: int = 1

    def uses(self, sample: Sample) -> int:
        """Largest number of channel uses that the budget allows for a sample."""
        return channel_uses(self.cbr, sample.values)

    def limit(self, sample: Sample) -> int:
        """Largest number of symbols that the budget allows for a sample."""
        return self.frame.symbols(self.uses(sample))


@runtime_checkable
class Source(Protocol):
    """A finite, ordered set of samples.

    modality : modality of all samples
    """

    modality: str

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Sample:
        """Sample ``index``."""

    def fingerprint(self) -> str:
        """SHA-256 of all samples, queries and annotations included."""


class Csi(Protocol):
    """CSI fed back to a transmitter (``semlink/loop/feedback.py``).

    snr_db : average received Es/N0 [dB]
    carried_db : Es/N0 of an AWGN channel of the same 1 % outage capacity [dB]
    symbols_db : [S, T, L], Es/N0 of symbols of S equally likely stretches in each of
        T transmissions [dB]
    """

    snr_db: float
    carried_db: float
    symbols_db: np.ndarray


@runtime_checkable
class Transmitter(Protocol):
    """``Sample -> TxSignal`` within a budget."""

    def operating_point(self, csi: Csi) -> Hashable:
        """Operating point of the transmitter for a CSI; ``None`` if it uses no CSI.

        Channels and SNRs with the same operating point share their signals.
        """

    def plan(self, source: Sequence[Sample], budget: Budget) -> Hashable:
        """Choose the rate parameters for a set of samples, or for one of any index.

        Equal plans give equal signals, which are then made only once. The search of
        ``blocks/budget_search.py`` supports each ``cbr_mode``, and gives a plan by
        index.

        Raises
        ------
        Infeasible
            No setting of the transmitter fits the budget.
        """

    def __call__(
        self, sample: Sample, plan: Any, memory: Any = None
    ) -> tuple[TxSignal, Any]:
        """Make the signal of a sample; return it and the new memory.

        The sample has no annotations, unless the pair is an oracle, and no query that
        was not signalled. A pair without memory returns ``None`` as its memory.
        """


@runtime_checkable
class Receiver(Protocol):
    """``RxSignal -> Estimate``, from its configuration and the signal alone."""

    def __call__(
        self, rx: RxSignal, query: Any = None, memory: Any = None
    ) -> tuple[Estimate, Any]:
        """Decode a signal [N]; return the estimate and the new memory.

        ``query`` is the receiver's own query, known to it before the transmission.
        """


class Request(NamedTuple):
    """Feedback after a transmission: an acknowledgement, or another request.

    content : received or missing parts, in the pair's own format
    num_bits : number of bits on the feedback link
    satisfied : the receiver needs no further transmission
    """

    content: Any
    num_bits: int
    satisfied: bool


@runtime_checkable
class Reception(Protocol):
    """Reception of one sample over several signals.

    request : feedback after the last signal
    memory : memory of the receiver
    """

    request: Request
    memory: Any

    def __call__(self, rx: RxSignal) -> Estimate:
        """Combine a signal [N] with those before it, and decode."""


@runtime_checkable
class RequestingReceiver(Protocol):
    """A receiver that may request further transmissions, such as that of HARQ."""

    def listen(self, query: Any = None, memory: Any = None) -> Reception:
        """Begin to receive a sample."""


@runtime_checkable
class RequestedTransmitter(Protocol):
    """A transmitter that answers requests, such as that of HARQ."""

    def again(
        self, sample: Sample, first: TxSignal, plan: Any, request: Any, sent: int
    ) -> TxSignal:
        """Make the next transmission.

        Parameters
        ----------
        sample : as in the first call
        first : the first transmission
        plan : plan of the first transmission
        request : the content of the receiver's :class:`Request`
        sent : transmissions since the first that the receiver could read
        """


class StateMap(NamedTuple):
    """Report of the channel's state by resource block.

    states_db : [B], measured effective Es/N0 of each resource block in a slot at
        nominal power, on a grid of 1 dB
    blocks : [slot], resource block of each symbol of a slot, known to both ends
    """

    states_db: tuple[float, ...]
    blocks: tuple[int, ...]

    def of(self, places: np.ndarray) -> np.ndarray:
        """State of symbols by their places in a transmission [dB] : [n]."""
        by_symbol = np.array(self.states_db)[list(self.blocks)]
        return by_symbol[np.asarray(places) % len(by_symbol)]


class StateReport(NamedTuple):
    """Report of the channel's state.

    state_db : measured effective Es/N0 of a slot at nominal power, on a grid of 1 dB
    slot : slot at whose beginning the measurement ended
    map : the same by resource block
    """

    state_db: float
    slot: int
    map: StateMap


@runtime_checkable
class AcknowledgedTransmitter(Protocol):
    """A transmitter whose memory depends on the receiver's answer."""

    def acknowledged(self, memory: Any, request: Any) -> Any:
        """The memory after an exchange.

        Parameters
        ----------
        memory : memory that came with the signal
        request : content of the last :class:`Request`; ``None`` if none arrived
        """


@runtime_checkable
class PlacingTransmitter(Protocol):
    """A transmitter that places its symbols by a map of the channel's state."""

    def placed(
        self, sample: Sample, first: TxSignal, plan: Any, report: StateMap
    ) -> TxSignal:
        """The first transmission, for a reported map.

        Parameters
        ----------
        sample, first, plan : sample, its signal without a report, and its plan
        report : map that arrived
        """


@runtime_checkable
class ReportingReception(Reception, Protocol):
    """Reception of one sample after a map of the channel's state was reported."""

    def reported(self, report: StateMap) -> None:
        """What was reported, whether or not it arrives, before the first signal."""


class Loop(NamedTuple):
    """Feedback loop of a pair.

    The pair is a :class:`RequestedTransmitter` and a :class:`RequestingReceiver`; with
    a map, a :class:`PlacingTransmitter` and a receiver whose receptions are
    :class:`ReportingReception`; with acknowledgements, an
    :class:`AcknowledgedTransmitter`, which alone suffices for a single transmission.

    state : the receiver reports the channel's state before the transmitter sends
    csi_delay_slots : slots between the measured slot and the first transmission
    csi_error_db : standard deviation of the error of a report [dB]
    max_transmissions : largest number of transmissions, the first included
    round_trip_slots : slots between the end of a transmission and the next
    map : the receiver reports the state by resource block before the first transmission
    acknowledged : the last request changes the transmitter's memory; it is sent, and
        counted, even if nothing can be asked for
    """

    state: bool = False
    csi_delay_slots: int = 0
    csi_error_db: float = 0.0
    max_transmissions: int = 1
    round_trip_slots: int = 0
    map: bool = False
    acknowledged: bool = False


class Transceiver(NamedTuple):
    """A transmitter and its receiver.

    error_free : the pair is a bound, not a link: its symbols arrive without noise, and
        a capacity sets its rate
    loop : feedback loop, if the pair has one
    accepts : modalities of the samples that it can send
    makes : modality of its estimates; ``None`` for that of the sample
    oracle : the transmitter sees annotations; the pair is a reference, not a link
    remembers : both ends have memory, so samples are sent in order
    hears_query : the receiver's query is signalled to the transmitter, and counted
    label : name of the pair in messages; a sweep sets it
    """

    transmitter: Transmitter
    receiver: Receiver
    error_free: bool = False
    loop: Loop | None = None
    accepts: tuple[str, ...] = (IMAGE,)
    makes: str | None = None
    oracle: bool = False
    remembers: bool = False
    hears_query: bool = False
    label: str = ""


@runtime_checkable
class Channel(Protocol):
    """Symbols in, equalised symbols and receiver-side CSI out; ``E|h|^2 = 1``.

    Optional attributes: ``frame``, if the channel spends uses on more than the symbols;
    ``resources`` [slot], the resource block of each symbol of a slot;
    ``level = "eager"``, if it cannot be compiled to a graph; ``superposes = True``, if
    ``h_hat`` is the only gain of each symbol, x_hat = x + n / h_hat, so that signals of
    several users can be sent at once (``semlink/superposition.py``); ``power_gain``,
    if ``E|h_hat|^2`` is another number than one, such as that of receive antennas.
    """

    def __call__(self, x, snr_db, course: Course, start=0) -> RxSignal:
        """Pass x : [B, N], complex64 at an average Es/N0 of ``snr_db`` (tensor, dB).

        All random numbers come from ``course``: a longer x meets the same course for
        longer, another x or ``snr_db`` the same one. ``start`` symbols of the course
        went by before x, in silence. The parameter is optional; a channel without it is
        evaluated from the beginning.
        """
