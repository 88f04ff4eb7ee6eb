"""The separated link: a picture codec, then an independent channel code.

One implementation for all codecs. The transmitter searches the codec's quality for the
budget, with header, CRC, expected retransmissions and feedback; the receiver reads the
header, decodes the blocks and conceals a picture with a failed block.
"""

import math
from collections.abc import Callable, Hashable, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from baselines.separated.codec_parameters import with_parameters_of
from baselines.separated.header import CONFIGURED, FIELDS, Shared, header_values
from baselines.separated.rate_search import Codec, Files, Setting, search_quality
from baselines.separated.receiver import Conceal, SeparatedReceiver
from blocks.budget_search import Cost, Member, Settings
from blocks.importances import known_by
from blocks.phy.adaptation import Outlook, choose_by_throughput
from blocks.phy.bicm import Bicm, CodeName, CodeRate, Mcs, ModulationOrder
from blocks.phy.harq import HarqMode, MaxTransmissions, modulate_again
from blocks.phy.header import Header
from blocks.phy.ldpc.nr import DecoderName
from semlink.errors import InputError
from semlink.loop.feedback_link import REPORT_BITS
from semlink.protocols import Budget, Csi, Loop, Transceiver
from semlink.signals import Sample, TxSignal, ledger

McsMode = Literal["fixed", "auto"]
CsiMode = Literal["statistics", "state"]
Slots = Annotated[int, Field(ge=0, le=1000)]


class SeparatedTransmitter:
    """Picture codec, channel code, QAM.

    Parameters
    ----------
    shared : configuration shared with the receiver
    margin_db : reserve in SNR for the choice of the scheme
    loop : feedback loop, if there is one
    """

    def __init__(self, shared: Shared, margin_db: float, loop: Loop | None = None):
        self._shared, self._codec = shared, shared.codec
        self._margin_db, self._loop = margin_db, loop
        self._header = Header(FIELDS)
        self._files = Files(shared.codec)

    def operating_point(self, csi: Csi) -> Hashable:
        """The expected quality of blocks; ``None`` for a fixed scheme without HARQ."""
        mcs, harq = self._shared.mcs, self._shared.harq
        if mcs is not None and harq == "none":
            return None
        return Outlook(csi, harq, self._margin_db if mcs is None else 0.0)

    def plan(self, source: Sequence[Sample], budget: Budget) -> Settings:
        """Search the quality that meets the budget; the scheme follows from it."""

        def num_bits(member: Member, quality: float) -> int:
            return 8 * self._files.size(member, quality)

        def cost(member: Member, setting: Setting) -> Cost:
            chain = self._shared.chain(setting.scheme)
            return self._cost(num_bits(member, setting.quality), chain, budget)

        def scheme_for(member: Member, quality: float) -> int:
            if self._shared.mcs is not None:
                return CONFIGURED
            length = num_bits(member, quality)
            return choose_by_throughput(budget.operating_point, length)

        return search_quality(source, budget, self._codec, scheme_for, cost)

    def _cost(self, num_bits: int, digital: Bicm, budget: Budget) -> Cost:
        """Cost of a file of ``num_bits``, feedback included."""
        first = self._header.num_symbols + digital.num_symbols(num_bits)
        again, often = self._again(digital, num_bits, budget)
        num_blocks = digital.layout(num_bits).num_blocks
        return Cost(first + again, self._fed_back(num_blocks, 1 + often, budget))

    def _again(self, digital: Bicm, num_bits: int, budget: Budget) -> tuple[int, float]:
        """Expected symbols and transmissions after the first one.

        Each transmission begins a frame, half of which is unused on average.
        """
        if self._shared.harq == "none":
            return 0, 0.0
        expected: Outlook = budget.operating_point
        layout = digital.layout(num_bits)
        # if the header is lost, everything is sent again
        unread = self._header.failing(expected)[:-1]
        failing = np.maximum(expected.failing(digital.mcs, layout.k)[:-1], unread)
        often = np.minimum(1, layout.num_blocks * failing).sum()
        begun = often * (budget.frame.data - 1) / 2
        payload = digital.num_symbols(num_bits) * failing.sum()
        symbols = round(payload + self._header.num_symbols * unread.sum() + begun)
        return symbols, float(often)

    def _fed_back(self, num_blocks: int, transmissions: float, budget: Budget) -> int:
        """Expected channel uses of the feedback link.

        They are a report of the state and, with HARQ, an acknowledgement of one bit per
        block after each transmission; repetitions after losses are not included.
        """
        if self._loop is None:
            return 0
        report = budget.feedback.uses(REPORT_BITS) if self._loop.state else 0
        asks = self._loop.max_transmissions > 1
        acknowledgement = budget.feedback.uses(num_blocks) if asks else 0
        return report + math.ceil(acknowledgement * transmissions)

    def __call__(self, sample: Sample, plan: Settings, memory=None):
        mcs, quality = plan.of(sample)
        chain, data = self._shared.chain(mcs), self._files.encode(sample, quality)
        header = self._header.send(header_values(sample.data, data, mcs))
        payload, blocks = chain.send(np.unpackbits(np.frombuffer(data, np.uint8)))
        uses = ledger(header=len(header), payload=len(payload))
        return TxSignal(np.concatenate([header, payload]), uses, blocks), None

    def again(
        self, sample: Sample, first: TxSignal, plan: Settings, request, sent: int
    ) -> TxSignal:
        """Retransmit the missing blocks of a picture; everything without a header.

        Parameters
        ----------
        sample, first, plan : picture, its first transmission, and its plan
        request : [C], bool, whether each block arrived; ``None`` if the header did not
        sent : transmissions since the header was read
        """
        if request is None or len(request) != len(first.blocks):
            # lost, or an erroneous header that passed its CRC, once in 2^24
            uses = ledger(retransmission=first.ledger.total)
            return first._replace(ledger=uses)
        chain = self._shared.chain(plan.of(sample).scheme)
        missing = first.blocks[~np.asarray(request, bool)]
        x = modulate_again(chain, missing, self._shared.harq, sent)
        return TxSignal(x, ledger(retransmission=len(x)), first.blocks)


def separated(make_codec: Callable[[], Codec]) -> Callable[..., Transceiver]:
    """Make the ``build`` function of a separated transmitter for a codec.

    It takes the parameters of the codec, too.
    """

    @with_parameters_of(make_codec)
    def build(
        own: dict[str, Any],
        coderate: CodeRate = 2 / 3,
        num_bits_per_symbol: ModulationOrder = 4,
        code: CodeName = "nr",
        decoder: DecoderName = "layered",
        mcs: McsMode = "fixed",
        margin_db: Annotated[float, Field(ge=0, le=40)] = 0.0,
        conceal: Conceal = "mean_colour",
        harq: HarqMode = "none",
        max_transmissions: MaxTransmissions = 4,
        round_trip_slots: Slots = 8,
        csi: CsiMode = "statistics",
        csi_delay_slots: Slots = 4,
        csi_error_db: Annotated[float, Field(ge=0, le=20)] = 0.0,
    ) -> Transceiver:
        """Build the pair.

        Parameters
        ----------
        own : parameters of the codec
        coderate : information bits over coded bits
        num_bits_per_symbol : 2 (QPSK) to 8 (256-QAM)
        code : ``nr`` (5G LDPC) or ``regular`` (pyldpc)
        decoder : of the 5G code: ``layered``, or the slower ``sum_product``, by which
            the regular code is always decoded
        mcs : ``fixed`` as above, or ``auto``: the fastest that the channel supports
        margin_db : reserve in SNR for ``auto``, for fading
        conceal : concealment of decoding failures, ``mean_colour`` or ``partial``
        harq : retransmission and combining of failed blocks: ``chase`` or ``ir``
        max_transmissions, round_trip_slots : with HARQ, transmissions with the first,
            and slots from the end of one to the next
        csi : CSI for ``auto``: the channel's ``statistics``, or its ``state``
        csi_delay_slots, csi_error_db : delay of the state, and standard deviation of
            its error
        """
        scheme = None if mcs == "auto" else Mcs(num_bits_per_symbol, coderate)
        shared = Shared(make_codec(**own), scheme, code, decoder, harq)
        _check(shared, csi, conceal)
        tries = 1 if harq == "none" else max_transmissions
        late = (csi_delay_slots, csi_error_db) if csi == "state" else (0, 0.0)
        loop = Loop(csi == "state", *late, tries, round_trip_slots)
        needed = loop.state or tries > 1
        return _pair(shared, margin_db, conceal, loop if needed else None)

    return build


def _pair(shared: Shared, margin_db: float, conceal: Conceal, loop: Loop | None):
    """The two ends, and what the codec makes the transmitter know."""
    known = known_by(getattr(shared.codec, "importance", None))
    transmitter = SeparatedTransmitter(shared, margin_db, loop)
    return Transceiver(
        transmitter, SeparatedReceiver(shared, conceal), loop=loop, **known
    )


def _check(shared: Shared, csi: CsiMode, conceal: Conceal) -> None:
    """Refuse invalid combinations."""
    if conceal == "partial" and not hasattr(shared.codec, "decode_prefix"):
        raise InputError(
            "conceal: this codec cannot decode part of a file, got partial"
        )
    scheme, code, harq = shared.mcs, shared.code, shared.harq
    if scheme is None and code != "nr":
        raise InputError(f"mcs=auto needs code=nr, got {code!r}")
    if harq != "none" and code != "nr":
        raise InputError(f"harq={harq} needs code=nr, got {code!r}")
    if csi == "state" and scheme is not None and harq == "none":
        raise InputError("csi=state needs mcs=auto or harq=chase or ir, got neither")
    try:
        shared.chain(CONFIGURED)
    except ValueError as error:
        raise InputError(str(error)) from None
