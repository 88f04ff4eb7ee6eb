"""The receiver of a learned codec that asks for more."""

import numpy as np

from blocks.arq.request import Kind, written, written_at_random
from blocks.arq.selection import Dimensions, at_random, choose
from blocks.arq.settings import Arq
from blocks.inspection import SQUARED, Inspector
from blocks.learned.frame import Shared
from blocks.learned.receiver import Known, LearnedReceiver, Opened, dimensions
from blocks.phy.analog import unpack
from blocks.phy.repetition import Repeated
from semlink.protocols import Request
from semlink.signals import Estimate, RxSignal, unknown

FEWEST = 8  # channel uses of a retransmission that is worth while
MOST_WEIGHT = 16.0  # of a region, over its expected error


class AskingReceiver(LearnedReceiver):
    """A learned receiver that asks for retransmissions.

    Parameters
    ----------
    arq : settings of retransmission
    shared, inspect : as for :class:`LearnedReceiver`
    """

    def __init__(self, arq: Arq, shared: Shared, inspect: Inspector | None = None):
        super().__init__(shared, inspect)
        self.arq = arq

    def __call__(self, rx: RxSignal, query=None, memory=None):
        return self.listen(query)(rx), None

    def listen(self, query=None, memory=None) -> "_Reception":
        """Begin to receive a picture that may take several transmissions."""
        return _Reception(self, query)

    def lengths(self, opened: Opened, known: Known) -> tuple[int, int]:
        """Symbols of a first transmission: digital ones, and those of the payload."""
        digital = self._header.num_symbols + len(opened.digital[0])
        return digital, -(-known.num_dimensions // 2)

    def dimensions_of(self, known: Known) -> Dimensions:
        """Dimensions of the payload, as both ends know them."""
        kept = known.side.kept > 0
        power = self._networks.power(known.side, known.at)
        return Dimensions(known.side.sigma[kept], power[kept])

    def weights(self, known: Known, estimate: Estimate, noise) -> np.ndarray:
        """Weight of the squared error of each dimension : [n].

        The inspector's answer over the expected error of the region, or one and the
        share in doubt.
        """
        kept = known.side.kept[0] > 0
        if estimate.doubt is None:
            return np.ones(np.count_nonzero(kept))
        ratio = 1 + estimate.doubt
        if self._inspect.unit == SQUARED:
            ratio = estimate.doubt / np.maximum(self.error(known, noise).sum(-1), 1e-9)
            ratio = ratio / np.maximum(np.median(ratio), 1e-9)
            ratio = np.clip(ratio, 1 / MOST_WEIGHT, MOST_WEIGHT)
        return np.broadcast_to(ratio[..., None], kept.shape)[kept]


class _Reception:
    """Reception of a picture in one or several transmissions."""

    memory = None

    def __init__(self, receiver: AskingReceiver, query):
        self._receiver, self._query, self._arq = receiver, query, receiver.arq
        self._all: Repeated | None = None  # until the header is read
        self._opened: Opened | None = None
        self._digital, self._known, self._blocks = None, None, None
        self._of, self._payload = None, None
        self._asked: np.ndarray | None = None  # dimensions of the last request
        self._heard = self._readable = self._spent = 0
        self.request = Request(None, 1, False)

    def __call__(self, rx: RxSignal) -> Estimate:
        self._heard += 1
        if self._opened is None:
            self._begin(rx)
            if self._opened is None:
                return unknown()
        elif self._known is None:
            self._repeat_digital(rx)
        else:
            self._repeat_payload(rx)
        self._readable += 1
        if self._known is None:
            self.request = self._ask(written(Kind.DIGITAL))
            return self._receiver.concealed(self._opened.header, self._blocks)
        heard = self._payload.values
        estimate = self._receiver.estimate(self._known, *heard, self._blocks)
        self.request = self._next(estimate, heard[1])
        return estimate

    def _begin(self, rx: RxSignal) -> None:
        """Read the header; all transmissions are equal until it is read."""
        self._all = self._all or Repeated(len(rx.x_hat))
        self._all.take(rx.x_hat, rx.no)
        self._opened = self._receiver.open(*self._all.values)
        if self._opened is None:
            return
        self._digital = Repeated(len(self._opened.digital[0]))
        self._digital.take(*self._opened.digital)
        self._decode()
        if self._known:
            repeats = self._heard - 1
            digital, payload = self._receiver.lengths(self._opened, self._known)
            self._spent = repeats * (digital + payload)

    def _repeat_digital(self, rx: RxSignal) -> None:
        size = len(self._opened.digital[0])
        self._digital.take(rx.x_hat[:size], rx.no[:size])
        self._opened = self._opened._replace(digital=self._digital.values)
        self._decode()
        self._spent += size

    def _decode(self) -> None:
        """Decode the digital part; from it, what the payload consists of."""
        opened, receiver = self._opened, self._receiver
        self._known, self._blocks = receiver.known(opened, self._query)
        heard = self._known and dimensions(self._known, opened.payload)
        if not heard:
            self._known = None
            return
        self._of = receiver.dimensions_of(self._known)
        self._payload = Repeated(len(heard[0]), np.float32)
        self._payload.take(*heard)

    def _repeat_payload(self, rx: RxSignal) -> None:
        """Combine the dimensions that were asked for."""
        asked = self._asked
        count = np.count_nonzero(asked)
        num_symbols = -(-count // 2)
        self._spent += num_symbols
        if len(rx.x_hat) < num_symbols:
            return
        values, noise = unpack(rx.x_hat[:num_symbols], rx.no[:num_symbols], count)
        gains = np.sqrt(2) * values, 2 * noise
        factor = np.ones(count)
        if self._arq.mode != "whole":
            factor = self._of.gains(asked)
        self._payload.take(gains[0] / factor, gains[1] / factor**2, asked)

    def _next(self, estimate: Estimate, noise: np.ndarray) -> Request:
        """Ask for the dimensions whose repetition is worth most."""
        arq, count = self._arq, self._known.num_dimensions
        left = arq.reserve(*self._receiver.lengths(self._opened, self._known))
        left -= self._spent
        asks = arq.max_transmissions - self._heard
        if asks < 1 or left < FEWEST:
            return Request(written(Kind.NOTHING), 2, True)
        if arq.mode == "whole":
            self._asked = np.ones(count, bool)
            return self._ask(written(Kind.PAYLOAD))
        limit = min(2 * (left // asks), count)
        if arq.mode == "random":
            self._asked = at_random(count, limit, self._readable)
            return self._ask(written_at_random(limit))
        weights = self._receiver.weights(self._known, estimate, noise)
        least = choose(self._of, noise, weights, limit)
        self._asked = self._of.asked(least)
        if not self._asked.any():
            return Request(written(Kind.NOTHING), 2, True)
        return self._ask(written(Kind.POSITIONS, least))

    def _ask(self, bits: np.ndarray) -> Request:
        return Request(bits, len(bits), False)
