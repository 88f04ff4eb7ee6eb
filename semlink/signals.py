"""Signals and samples of a link: every shape, dtype and unit on one page.

``N`` is the number of symbols on the air, rounded up with zeros behind the last one.
Samples have no batch axis; the link adds it for channels.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

IMAGE = "image"
UP, DOWN, BACKHAUL = "up", "down", "backhaul"


class Sample(NamedTuple):
    """One sample as it leaves the source.

    data : image [H, W, 3], uint8 | text, str | signal, float32 of unit variance | many:
        mapping of parts, each a sample
    modality : ``image``, ``text``, ``signal``, ``many``, or another that pair and task
        support
    values : the denominator of CBR: RGB values, words, samples of a signal
    index : position of the sample in its source
    name : readable name
    query : query of the receiver (:mod:`semlink.modalities.query`); the transmitter has
        it only after it was signalled and counted
    annotations : ground truth, for tasks and oracles
    """

    data: Any
    modality: str
    values: int
    index: int
    name: str
    query: Any | None = None
    annotations: Mapping[str, Any] = {}


def scene(parts: Mapping[str, Sample], index: int, name: str, **known) -> Sample:
    """A sample of several parts, whose values add up.

    Parameters
    ----------
    parts : samples by name
    index, name : index and name of the whole
    known : ``query`` and ``annotations`` of the whole
    """
    values = sum(part.values for part in parts.values())
    return Sample(parts, "many", values, index, name, **known)


class Use(NamedTuple):
    """Key of a ledger entry.

    purpose : ``header``, ``side``, ``payload``, ``pilots``, ``retransmission``,
        ``report``, ``request``, or any other that a component names
    direction : ``down`` from transmitter to receiver, ``up``, or ``backhaul``
    part : part of the sample; empty for the whole
    """

    purpose: str
    direction: str = DOWN
    part: str = ""


class Ledger(dict[Use, int]):
    """Complex channel uses by purpose, direction and part."""

    @property
    def total(self) -> int:
        """All channel uses, down and up, without the backhaul."""
        return sum(n for use, n in self.items() if use.direction != BACKHAUL)

    def of(self, **where: str) -> int:
        """Channel uses with this ``purpose``, ``direction`` or ``part``."""
        wanted = where.items()
        return sum(
            n for use, n in self.items() if all(getattr(use, k) == v for k, v in wanted)
        )

    def __add__(self, other: "Ledger") -> "Ledger":
        both = Ledger(self)
        for use, n in other.items():
            both[use] = both.get(use, 0) + n
        return both


def ledger(*, direction: str = DOWN, part: str = "", **uses: int) -> Ledger:
    """Make a ledger: ``ledger(header=24, payload=1000)``; zero entries are omitted."""
    entries = {Use(p, direction, part): int(n) for p, n in uses.items() if n}
    return Ledger(entries)


class TxSignal(NamedTuple):
    """Transmitted symbols, and what the simulator needs to count errors and uses.

    x : [n], complex64, ``E|x|^2 = 1``
    ledger : channel uses by purpose
    blocks : [C, K], uint8, information bits of the transmitted code blocks, to count
        errors; shorter blocks end in ``NO_BIT``. A receiver never sees them.
    clean : symbols that arrive without noise, for bounds that assume an ideal code for
        a part; ``None`` for a link
    """

    x: np.ndarray
    ledger: Ledger
    blocks: np.ndarray
    clean: slice | None = None


class RxSignal(NamedTuple):
    """Input of a receiver: the equalised signal and the channel state.

    x_hat : [N], complex64, equalised symbols; zero where erased
    no : [N], float32, effective noise variance after equalisation, above zero; infinite
        for an erased symbol
    h_hat : [N], complex64, channel estimate; its quality is the channel's choice

    Channels return it with a batch axis in front, [B, N].
    """

    x_hat: np.ndarray
    no: np.ndarray
    h_hat: np.ndarray

    @property
    def alone(self) -> "RxSignal":
        """The only signal of a batch."""
        (x_hat,), (no,), (h_hat,) = map(np.asarray, self)
        return RxSignal(x_hat, no, h_hat)


class Estimate(NamedTuple):
    """Output of a receiver.

    data : in the format of the source; ``None`` if the header was lost: the task
        conceals
    modality : may differ from the sample's: words, boxes, features, an answer
    lost : the digital part failed and the receiver detected it (outage)
    blocks : [C, K], uint8, information bits of the code blocks that were decoded
    doubt : the receiver's own error estimate: expected squared error, by region
    """

    data: Any | None
    modality: str
    lost: bool
    blocks: np.ndarray
    doubt: Any | None = None


NO_BLOCKS = np.zeros((0, 0), np.uint8)
NO_BIT = 2  # fills the rows of the shorter code blocks


def join_blocks(*parts: np.ndarray) -> np.ndarray:
    """Code blocks [C, K] of several lengths as one array, rows filled with ``NO_BIT``.

    Parts without blocks leave no row.
    """
    parts = [part for part in parts if part.size]
    longest = max((part.shape[1] for part in parts), default=0)
    rows = [
        np.pad(row, (0, longest - len(row)), constant_values=NO_BIT)
        for part in parts
        for row in part
    ]
    return np.stack(rows) if rows else NO_BLOCKS


def unknown(modality: str = IMAGE) -> Estimate:
    """Estimate of a sample whose header is lost."""
    return Estimate(None, modality, True, NO_BLOCKS)


def on_air(x: np.ndarray, *, multiple: int = 1024) -> np.ndarray:
    """A signal as a batch of one, padded with zeros.

    The length is rounded up: it does not reveal the length of a transmission, and the
    channel meets few shapes.

    Input
    -----
    x : [n], complex64

    Output
    ------
    : [1, N], complex64
    """
    padded = np.zeros((1, -(-max(len(x), 1) // multiple) * multiple), np.complex64)
    padded[0, : len(x)] = x
    return padded
