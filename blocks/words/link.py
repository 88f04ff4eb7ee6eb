"""The two ends of a link for words: describer, entropy coder, digital chain, and back.

A short header has the length and the scheme of one stream; its CRC and that of the
stream tell whether a description arrived. The level of detail is searched for the
budget.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from blocks.budget_search import Choices, Cost, Member, Settings, key_of, search
from blocks.phy import side_information
from blocks.phy.adaptation import Outlook, choose_by_throughput
from blocks.phy.header import Header
from blocks.recent import Recent
from blocks.words.codec import WordsCodec
from semlink.errors import Infeasible
from semlink.modalities.words import WORDS, Words
from semlink.protocols import Budget, Csi
from semlink.signals import (
    NO_BLOCKS,
    Estimate,
    RxSignal,
    Sample,
    TxSignal,
    ledger,
    unknown,
)

FIELDS = {"num_bits": 12, "mcs": 4}
MOST_BITS = 2 ** FIELDS["num_bits"] - 1
FINEST = 64  # highest level of detail
KEPT = 4096  # descriptions, and streams

Describe = Callable[[np.ndarray, Mapping[str, Any]], Words]


class Setting(NamedTuple):
    """Setting of a picture.

    scheme : index into :data:`blocks.phy.mcs.SCHEMES`
    level : level of detail
    """

    scheme: int
    level: int


class WordsTransmitter:
    """Describes a picture, and sends as much of the description as the budget allows.

    Parameters
    ----------
    describe : describer
    codec : code of its descriptions
    mcs : index of the scheme, or ``None`` to choose it by the CSI fed back
    margin_db : reserve in SNR for the choice of the scheme
    """

    def __init__(
        self, describe: Describe, codec: WordsCodec, mcs: int | None, margin_db: float
    ):
        self._describe, self._codec = describe, codec
        self._mcs, self._margin_db = mcs, margin_db
        self._header = Header(FIELDS)
        self._described, self._streams = Recent(KEPT), Recent(KEPT)

    def operating_point(self, csi: Csi) -> Hashable:
        """The expected quality of blocks; ``None`` for a fixed scheme."""
        if self._mcs is not None:
            return None
        return Outlook(csi, "none", self._margin_db)

    def plan(self, source: Sequence[Sample], budget: Budget) -> Settings:
        """Search the level of detail for the budget."""

        def settled(member: Member, level: int) -> Setting:
            num_bits = len(self._coded(member.key, member.open, level))
            return Setting(self._scheme(num_bits, budget), level)

        def cost(member: Member, level: int) -> Cost:
            num_bits = len(self._coded(member.key, member.open, level))
            scheme = self._scheme(num_bits, budget)
            payload = side_information.num_symbols(num_bits, scheme)
            return Cost(self._header.num_symbols + payload)

        def finer(level: int) -> int | None:
            return level + 1 if level < FINEST else None

        def offer(members: Sequence[Member]) -> Choices:
            return Choices(cost, finest, settled, finer)

        return search(source, budget, offer)

    def __call__(self, sample: Sample, plan: Settings, memory=None):
        scheme, level = plan.of(sample)
        bits = self._coded(key_of(sample), lambda: sample, level)
        header = self._header.send({"num_bits": len(bits), "mcs": scheme})
        payload, blocks = side_information.send(bits, scheme)
        uses = ledger(header=len(header), payload=len(payload))
        return TxSignal(np.concatenate([header, payload]), uses, blocks), None

    def _scheme(self, num_bits: int, budget: Budget) -> int:
        if self._mcs is not None:
            return self._mcs
        length = side_information.filled(num_bits)
        return choose_by_throughput(budget.operating_point, length)

    def _coded(self, key: str, opened: Callable[[], Sample], level: int) -> np.ndarray:
        """The description of a sample at a level : bits [num_bits]."""

        def describe() -> Words:
            sample = opened()
            return self._describe(sample.data, sample.annotations)

        def encode() -> np.ndarray:
            words = self._described(key, describe)
            return _within(self._codec, words, level)

        return self._streams((key, level), encode)


class WordsReceiver:
    """Header, channel decoder, entropy decoder; a description, or none.

    Parameters
    ----------
    codec : code of descriptions, as at the transmitter
    """

    def __init__(self, codec: WordsCodec):
        self._codec, self._header = codec, Header(FIELDS)

    def __call__(self, rx: RxSignal, query=None, memory=None):
        header = self._header.receive(rx.x_hat, rx.no)
        if header is None:
            return unknown(WORDS), None
        bits, blocks = self._payload(rx, **header)
        words = None if bits is None else self._decoded(bits)
        return Estimate(words, WORDS, words is None, blocks), None

    def _payload(self, rx: RxSignal, num_bits: int, mcs: int):
        """Bits of the stream, or ``None``, and decoded blocks."""
        if not num_bits:
            return None, NO_BLOCKS
        start = self._header.num_symbols
        stop = start + side_information.num_symbols(num_bits, mcs)
        x_hat, no = rx.x_hat[start:stop], rx.no[start:stop]
        return side_information.receive(x_hat, no, num_bits, mcs)

    def _decoded(self, bits: np.ndarray) -> Words | None:
        """The description; ``None`` for bits of no encoder: one CRC in 2^24 errs."""
        try:
            return self._codec.decode(bits)
        except ValueError:
            return None


def finest(spent: Callable[[int], float], limit: float, what: str) -> int:
    """The highest level within the limit, by bisection.

    Raises
    ------
    Infeasible
        The lowest level is above it.
    """
    if (least := spent(0)) > limit:
        reason = f"shortest description of {what} takes {least:g} of {limit:g}"
        raise Infeasible(reason, least)
    low, high = 0, FINEST + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if spent(middle) <= limit else (low, middle)
    return low


def _within(codec: WordsCodec, words: Words, level: int) -> np.ndarray:
    """A description at the highest level that the header's length allows."""
    for lower in range(min(level, codec.levels(words)), -1, -1):
        if len(bits := codec.encode(words, lower)) <= MOST_BITS:
            return bits
    raise ValueError(f"a description must fit {MOST_BITS} bits, got more at level 0")
