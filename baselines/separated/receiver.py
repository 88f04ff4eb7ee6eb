"""The receiver of a separated link, which may request retransmissions."""

from functools import lru_cache
from typing import Literal

import numpy as np

from baselines.separated.expected_error import ErrorLaw
from baselines.separated.header import FIELDS, Shared
from baselines.separated.rate_search import Codec
from blocks.phy.harq import SoftBlocks
from blocks.phy.header import Header, unpack_colour
from blocks.phy.repetition import Repeated
from semlink.protocols import Request
from semlink.signals import IMAGE, Estimate, RxSignal, unknown

Conceal = Literal["mean_colour", "partial"]


class SeparatedReceiver:
    """Header, channel decoder, picture decoder, concealment.

    Parameters
    ----------
    shared : configuration shared with the transmitter
    conceal : concealment if a block failed: ``mean_colour``, from the header (mid grey
        if the header is lost, too), or ``partial``, which decodes the file up to the
        first failed block
    """

    def __init__(self, shared: Shared, conceal: Conceal):
        self._shared, self._conceal = shared, conceal
        self._header = Header(FIELDS)
        self._decode = lru_cache(maxsize=64)(shared.codec.decode)
        self._law: ErrorLaw | None = getattr(shared.codec, "error_law", None)

    @property
    def codec(self) -> Codec:
        """The picture codec."""
        return self._shared.codec

    def __call__(self, rx: RxSignal, query=None, memory=None):
        return self.listen()(rx), None

    def listen(self, query=None, memory=None) -> "_Reception":
        """Begin to receive a picture that may take several transmissions."""
        return _Reception(self)

    def begin(self, x_hat: np.ndarray, no: np.ndarray):
        """Read a first transmission: header, soft blocks, and their symbols.

        ``None`` if the header is lost.
        """
        header = self._header.receive(x_hat, no)
        if header is None:
            return None
        digital, num_bits = self._shared.chain(header["mcs"]), 8 * header["num_bytes"]
        start = self._header.num_symbols
        end = start + digital.num_symbols(num_bits) if digital and num_bits else 0
        if not start < end <= len(x_hat):
            return None
        body = x_hat[start:end], no[start:end]
        return header, SoftBlocks(digital, num_bits, self._shared.harq), body

    def picture(self, header: dict, blocks: SoftBlocks) -> Estimate:
        """The decoded picture, or its concealment."""
        bits = blocks.data.reshape(-1)[: 8 * header["num_bytes"]]
        data = np.packbits(bits).tobytes()
        picture = self._decoded(data) if blocks.intact.all() else None
        if picture is not None:
            doubt = self._law and self._law.doubt(picture, len(data))
            return Estimate(picture, IMAGE, False, blocks.data, doubt)
        intact_bits = int(np.argmin(blocks.intact)) * blocks.data.shape[1]
        shown = self._concealed(header, data, intact_bits // 8)
        return Estimate(shown, IMAGE, True, blocks.data)

    def _decoded(self, data: bytes) -> np.ndarray | None:
        """The picture in a file; ``None`` if the codec refuses it."""
        try:
            return self._decode(data)
        except Exception:
            # one erroneous block in 2^24 passes its CRC; codecs raise any exception
            return None

    def _concealed(self, header: dict, data: bytes, num_intact: int) -> np.ndarray:
        shape = (header["height"], header["width"], 3)
        if self._conceal == "partial":
            picture = self._shared.codec.decode_prefix(data[:num_intact])
            if picture is not None and picture.shape == shape:
                return picture
        return np.broadcast_to(unpack_colour(header["mean_colour"]), shape)


class _Reception:
    """Reception of a picture in one or several transmissions."""

    memory = None

    def __init__(self, receiver: SeparatedReceiver):
        self._receiver = receiver
        self._header, self._blocks, self._repeated = None, None, None

    @property
    def request(self) -> Request:
        """Whether each block arrived : [C], bool, one bit; ``None`` without header."""
        if self._blocks is None:
            return Request(None, 1, False)
        intact = self._blocks.intact
        return Request(intact.copy(), len(intact), bool(intact.all()))

    def __call__(self, rx: RxSignal) -> Estimate:
        x_hat, no = rx.x_hat, rx.no
        if self._blocks is None:
            begun = self._receiver.begin(*self._together(x_hat, no))
            if begun is None:
                return unknown()
            self._header, self._blocks, (x_hat, no) = begun
        num_symbols = self._blocks.num_symbols
        if num_symbols <= len(x_hat):
            self._blocks.take(x_hat[:num_symbols], no[:num_symbols])
        return self._receiver.picture(self._header, self._blocks)

    def _together(self, x_hat: np.ndarray, no: np.ndarray):
        """Combine all transmissions, which are equal until the header is read."""
        self._repeated = self._repeated or Repeated(len(x_hat))
        self._repeated.take(x_hat, no)
        return self._repeated.values
