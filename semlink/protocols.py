"""The roles a component can play. Nothing inherits from these; they are checked.

A component is one file whose ``build(**params)`` returns an object of one of
these shapes. The transmitter never imports a channel and the channel never knows
a transmitter.
"""

from collections.abc import Hashable, Sequence
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np

from semlink.signals import Estimate, RxSignal, SourceBatch, TxSignal
from semlink.units import channel_uses

CbrMode = Literal["average", "per_image"]


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
        stays within the budget, or ``per_image``, every image within the budget
    operating_point : what :meth:`Transmitter.operating_point` made of the CSI
    frame : of the channel; what a transmission takes of it is what counts
    """

    cbr: float
    cbr_mode: CbrMode
    operating_point: Hashable
    frame: Frame = Frame()

    def limit(self, image: np.ndarray) -> int:
        """The most symbols that the budget allows an image."""
        return self.frame.symbols(channel_uses(self.cbr, image))


@runtime_checkable
class Source(Protocol):
    """A finite, ordered set of images."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> SourceBatch:
        """Image ``index`` as a batch of one."""

    def fingerprint(self) -> str:
        """SHA-256 over all that the images hold."""


class Csi(Protocol):
    """What is fed back of a channel: statistics, no state (``semlink/feedback.py``).

    snr_db : average received Es/N0 [dB]
    carried_db : Es/N0 of an AWGN channel that carries as much as this one surely does
    """

    snr_db: float
    carried_db: float


@runtime_checkable
class Transmitter(Protocol):
    """``SourceBatch -> TxSignal`` within a budget."""

    def operating_point(self, csi: Csi) -> Hashable:
        """What the transmitter makes of the CSI fed back; ``None`` if it uses none.

        Signals of one operating point serve every channel and SNR that lead to it.
        """

    def plan(self, source: Sequence[SourceBatch], budget: Budget) -> Hashable:
        """Choose the rate parameters for a set of images.

        Equal plans give equal signals, which are then made only once.

        Raises
        ------
        Infeasible
            The budget is below what the transmitter can do.
        """

    def __call__(self, batch: SourceBatch, plan: Any) -> TxSignal: ...


@runtime_checkable
class Receiver(Protocol):
    """``RxSignal -> Estimate``, from its configuration and the signal alone."""

    def __call__(self, rx: RxSignal) -> Estimate: ...


class Transceiver(NamedTuple):
    """A transmitter and the receiver that belongs to it.

    error_free : the pair is a bound, not a link: its symbols reach the receiver
        without noise, and its rate is set by a capacity instead.
    """

    transmitter: Transmitter
    receiver: Receiver
    error_free: bool = False


@runtime_checkable
class Channel(Protocol):
    """Symbols in, equalised symbols and receiver-side CSI out; ``E|h|^2 = 1``.

    It may have a ``frame``, if it spends channel uses on more than the symbols, and a
    ``level``, as strongly as it can be compiled.
    """

    def __call__(self, x, snr_db) -> RxSignal:
        """Pass x : [B, N], complex64 at an average Es/N0 of ``snr_db`` (tensor, dB)."""


@runtime_checkable
class Task(Protocol):
    """Compares what was sent with what was made of it."""

    metrics: tuple[str, ...]

    def __call__(self, batch: SourceBatch, estimate: Estimate) -> dict[str, Any]:
        """Give ``{metric: (sum [B], count [B])}``, one sample per image."""
