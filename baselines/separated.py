"""The separated link: a picture codec, then a channel code that knows nothing of it.

One implementation for all codecs. The transmitter searches the codec's quality for
the budget, header and CRC included; the receiver reads the header, decodes the blocks
and, where one fails, conceals.
"""

from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import Field

from baselines.rate_search import Codec, RateSearch
from blocks.bicm import CRC_BITS, Bicm, CodeName, CodeRate, Mcs, ModulationOrder
from blocks.header import Header
from blocks.mcs import SCHEMES, choose
from semlink.errors import InputError
from semlink.protocols import Budget, Csi, Transceiver
from semlink.signals import (
    UNKNOWN,
    Estimate,
    RxSignal,
    SourceBatch,
    TxSignal,
    ledger,
    receive_each,
    stack_symbols,
)

FIELDS = {"height": 14, "width": 14, "num_bytes": 28, "mcs": 5, "mean_colour": 12}
CONFIGURED = len(SCHEMES)  # value of the mcs field: the configured scheme
Conceal = Literal["mean_colour", "partial"]
McsMode = Literal["fixed", "auto"]


class Plan(NamedTuple):
    """The scheme, and the quality for each image."""

    mcs: int
    quality: tuple[float, ...]


class SeparatedTransmitter:
    """Picture codec, channel code, QAM.

    Parameters
    ----------
    codec : picture codec
    mcs : the configured scheme, or ``None`` to choose it by the SNR fed back
    code : name of the channel code
    margin_db : how far below the SNR fed back to choose
    """

    def __init__(self, codec: Codec, mcs: Mcs | None, code: str, margin_db: float):
        self._codec = codec
        self._mcs = mcs
        self._code = code
        self._margin_db = margin_db
        self._header = Header(FIELDS)
        self._search = RateSearch(codec)

    def operating_point(self, csi: Csi) -> Hashable:
        """What the channel carries, less the margin, if the scheme follows it."""
        return csi.carried_db - self._margin_db if self._mcs is None else None

    def plan(self, source: Sequence[SourceBatch], budget: Budget) -> Plan:
        """Choose the scheme, and search the quality for the budget."""
        mcs = self._scheme(source, budget)
        header, digital = self._header.num_symbols, self._chain(mcs)
        quality = self._search(
            source, budget, lambda n: header + digital.num_symbols(8 * n)
        )
        return Plan(mcs, quality)

    def __call__(self, batch: SourceBatch, plan: Plan) -> TxSignal:
        chain = self._chain(plan.mcs)
        rows, blocks = [], []
        for image, index in zip(batch.image, batch.index, strict=True):
            data = self._codec.encode(image, plan.quality[index])
            header = self._header.send(_header_values(image, data, plan.mcs))
            payload, sent = chain.send(np.unpackbits(np.frombuffer(data, np.uint8)))
            rows.append(np.concatenate([header, payload]))
            blocks.append(sent)
        header_uses = self._header.num_symbols
        payload_uses = [len(row) - header_uses for row in rows]
        uses = ledger(len(rows), header=header_uses, payload=payload_uses)
        return TxSignal(stack_symbols(rows), uses, tuple(blocks))

    def _scheme(self, source, budget: Budget) -> int:
        if self._mcs is not None:
            return CONFIGURED
        symbols = [budget.limit(batch.image[0]) for batch in source]
        return choose(budget.operating_point, int(np.median(symbols)))

    def _chain(self, mcs: int) -> Bicm:
        return chain(self._mcs if mcs == CONFIGURED else SCHEMES[mcs], self._code)


class SeparatedReceiver:
    """Header, channel decoder, picture decoder, concealment.

    Parameters
    ----------
    codec, mcs, code : as at the transmitter
    conceal : what to show where a block failed: ``mean_colour`` (as the header says;
        mid grey where the header is lost too), or ``partial``, which decodes the
        file up to the first failed block
    """

    def __init__(self, codec: Codec, mcs: Mcs | None, code: str, conceal: Conceal):
        self._codec = codec
        self._mcs = mcs
        self._code = code
        self._conceal = conceal
        self._header = Header(FIELDS)
        self._decode = lru_cache(maxsize=64)(codec.decode)

    def __call__(self, rx: RxSignal) -> Estimate:
        return receive_each(self._receive, rx)

    def _receive(self, x_hat: np.ndarray, no: np.ndarray):
        """One image: (picture, lost, decoded blocks)."""
        header = self._header.receive(x_hat, no)
        if header is None:
            return UNKNOWN
        digital, num_bits = self._chain(header["mcs"]), 8 * header["num_bytes"]
        start = self._header.num_symbols
        end = start + digital.num_symbols(num_bits) if digital and num_bits else 0
        if not start < end <= len(x_hat):
            return UNKNOWN
        body = slice(start, end)
        bits, intact, blocks = digital.receive(x_hat[body], no[body], num_bits)
        data = np.packbits(bits).tobytes()
        picture = self._decoded(data) if intact.all() else None
        if picture is not None:
            return picture, False, blocks
        intact_bits = int(np.argmin(intact)) * (digital.layout(num_bits).k - CRC_BITS)
        return self._concealed(header, data, intact_bits // 8), True, blocks

    def _chain(self, mcs: int) -> Bicm | None:
        """The digital chain that the header names; ``None`` if there is none."""
        scheme = dict(enumerate((*SCHEMES, self._mcs))).get(mcs)
        return scheme and chain(scheme, self._code)

    def _decoded(self, data: bytes) -> np.ndarray | None:
        """The picture in a file; ``None`` where the codec refuses it."""
        try:
            return self._decode(data)
        except Exception:
            # one broken block in 2^24 passes its CRC, and codecs fail in all ways
            return None

    def _concealed(self, header: dict, data: bytes, num_intact: int) -> np.ndarray:
        shape = (header["height"], header["width"], 3)
        if self._conceal == "partial":
            picture = self._codec.decode_prefix(data[:num_intact])
            if picture is not None and picture.shape == shape:
                return picture
        return np.broadcast_to(unpack_colour(header["mean_colour"]), shape)


def separated(make_codec: Callable[[], Codec]) -> Callable[..., Transceiver]:
    """Make the ``build`` function of a separated transmitter from its codec."""

    def build(
        coderate: CodeRate = 2 / 3,
        num_bits_per_symbol: ModulationOrder = 4,
        code: CodeName = "nr",
        mcs: McsMode = "fixed",
        margin_db: Annotated[float, Field(ge=0, le=40)] = 0.0,
        conceal: Conceal = "mean_colour",
    ) -> Transceiver:
        """Build the pair.

        Parameters
        ----------
        coderate : information bits over coded bits
        num_bits_per_symbol : 2 (QPSK) to 8 (256-QAM)
        code : ``nr`` (5G LDPC) or ``regular`` (pyldpc)
        mcs : ``fixed`` as above, or ``auto``: the fastest that the SNR carries
        margin_db : SNR that ``auto`` leaves in reserve, for fading
        conceal : what to show on decoding failure, ``mean_colour`` or ``partial``
        """
        codec = make_codec()
        if conceal == "partial" and not hasattr(codec, "decode_prefix"):
            raise InputError(
                "conceal: this codec cannot decode part of a file, got partial"
            )
        scheme = None if mcs == "auto" else Mcs(num_bits_per_symbol, coderate)
        _check(scheme, code)
        return Transceiver(
            SeparatedTransmitter(codec, scheme, code, margin_db),
            SeparatedReceiver(codec, scheme, code, conceal),
        )

    return build


def _check(scheme: Mcs | None, code: str) -> None:
    if scheme is None and code != "nr":
        raise InputError(f"mcs=auto needs code=nr, got {code!r}")
    try:
        if scheme is None:
            return
        chain(scheme, code)
    except ValueError as error:
        raise InputError(str(error)) from None


@lru_cache(maxsize=64)
def chain(mcs: Mcs, code: str) -> Bicm:
    """The digital chain of a scheme, built once."""
    return Bicm(mcs, code=code)


def _header_values(image: np.ndarray, data: bytes, mcs: int) -> dict[str, int]:
    height, width, _ = image.shape
    colour = pack_colour(image.mean(axis=(0, 1)))
    values = (height, width, len(data), mcs, colour)
    return dict(zip(FIELDS, values, strict=True))


def pack_colour(colour: np.ndarray) -> int:
    """RGB to 12 bits."""
    red, green, blue = (int(v) for v in np.clip(colour // 16, 0, 15))
    return red << 8 | green << 4 | blue


def unpack_colour(packed: int) -> np.ndarray:
    """12 bits to the middle of their RGB interval : [3], uint8."""
    return np.array([(packed >> s & 15) * 16 + 8 for s in (8, 4, 0)], np.uint8)
