"""Messages on the air: a short block of fixed length, and a long one if need be.

The other end must know how many symbols a message has before it can decode it. So each
begins with a control block of a fixed number of bits: type, length, and the first
sixteen bits of the message. Reports fit in it. What is longer goes on in a block of its
own.
"""

from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from semlink.signalling import layout
from semlink.signalling.messages import (
    Act,
    Grant,
    Message,
    Report,
    Request,
    TaskProfile,
)
from semlink.signals import RxSignal

TYPES: tuple[type[Message], ...] = (Report, Request, TaskProfile, Act)
TYPE_BITS, LENGTH_BITS, INLINE_BITS = 2, 14, 16
CONTROL_BITS = TYPE_BITS + LENGTH_BITS + INLINE_BITS
LONGEST = 2**LENGTH_BITS - 1  # bits of a message
GRANT_BITS = len(layout.encode(Grant(frame=0, redundancy=1)))  # the longest grant


@runtime_checkable
class Bursts(Protocol):
    """A code for short messages, the same at both ends."""

    def num_symbols(self, num_bits: int) -> int:
        """Symbols of a block of ``num_bits``."""

    def send(self, bits: np.ndarray) -> np.ndarray:
        """Symbols [n], complex64, of bits [num_bits]."""

    def receive(self, x_hat, no, num_bits: int) -> np.ndarray | None:
        """Bits from the first symbols of what was received; ``None`` if its CRC fails.

        Input
        -----
        x_hat : [N], complex64, equalised symbols
        no : [N], float32, their noise variance
        """


class Wire(NamedTuple):
    """A message in bits.

    control : [CONTROL_BITS], uint8
    body : [n], uint8, empty for a short message
    """

    control: np.ndarray
    body: np.ndarray

    @property
    def num_bits(self) -> int:
        """Bits of both blocks."""
        return len(self.control) + len(self.body)


def packed(message: Message) -> Wire:
    """A message as bits."""
    bits = layout.encode(message)
    control = np.zeros(CONTROL_BITS, np.uint8)
    head = f"{TYPES.index(type(message)):0{TYPE_BITS}b}{len(bits):0{LENGTH_BITS}b}"
    control[: len(head)] = list(map(int, head))
    inline = bits[:INLINE_BITS]
    control[len(head) : len(head) + len(inline)] = inline
    return Wire(control, bits[INLINE_BITS:])


def unpacked(wire: Wire) -> Message:
    """The message of bits.

    Raises
    ------
    InputError
        No message has these bits.
    """
    kind, length = _head(wire.control)
    inline = wire.control[TYPE_BITS + LENGTH_BITS :]
    bits = np.concatenate([inline, wire.body])[:length]
    return layout.decode(TYPES[kind], bits)


def symbols(wire: Wire, bursts: Bursts) -> np.ndarray:
    """The symbols of a message : [n], complex64."""
    blocks = [bursts.send(block) for block in wire if len(block)]
    return np.concatenate(blocks)


def received(rx: RxSignal, bursts: Bursts) -> Wire | None:
    """A message from what was received : [N]; ``None`` if a block is lost."""
    control = bursts.receive(rx.x_hat, rx.no, CONTROL_BITS)
    if control is None:
        return None
    rest = max(_head(control)[1] - INLINE_BITS, 0)
    if not rest:
        return Wire(control, np.zeros(0, np.uint8))
    begin = bursts.num_symbols(CONTROL_BITS)
    body = bursts.receive(rx.x_hat[begin:], rx.no[begin:], rest)
    return None if body is None else Wire(control, body)


def granted(grant: Grant) -> np.ndarray:
    """A grant as a block of fixed length : [GRANT_BITS], uint8."""
    bits = layout.encode(grant)
    return np.pad(bits, (0, GRANT_BITS - len(bits)))


def _head(control: np.ndarray) -> tuple[int, int]:
    """Number of the type, and length of the message."""
    text = "".join(map(str, control[: TYPE_BITS + LENGTH_BITS].tolist()))
    return int(text[:TYPE_BITS], 2), int(text[TYPE_BITS:], 2)
