"""The receiver of a learned codec that reports the channel's state as a map."""

import numpy as np

from blocks.learned.frame import payload_places
from blocks.learned.receiver import Known, LearnedReceiver, Opened, Received
from blocks.resources.placement import placement
from semlink.protocols import Request, StateMap
from semlink.signals import Estimate, RxSignal


class ReportingReceiver(LearnedReceiver):
    """A learned receiver that derives the placement from what it reported."""

    def listen(self, query=None, memory=None) -> "_Reception":
        """Begin to receive a picture."""
        return _Reception(self, query)

    def received(self, rx: RxSignal, query, report: StateMap | None) -> Estimate:
        """Decode a signal, given the reported map."""
        opened = self.open(rx.x_hat, rx.no)
        if opened is None or not opened.header["mapped"] or report is None:
            return self(rx, query)[0]
        known, blocks = self.known(opened, query)
        heard = known and self.dimensions(opened, known)
        if not heard:
            return self.concealed(opened.header, blocks)
        received, noise = self._back(opened, known, heard, report)
        return self.estimate(known, received, noise, blocks)

    def _back(
        self, opened: Opened, known: Known, heard: Received, report: StateMap
    ) -> Received:
        """Dimensions in the order of the joint code."""
        num_payload = -(-known.num_dimensions // 2)
        sizes = len(opened.digital[0]), num_payload, opened.header["stride"]
        places = self._header.num_symbols + payload_places(*sizes)
        sigma = known.side.sigma[known.side.kept > 0]
        back = np.argsort(placement(sigma, report.of(places)))
        received, noise = heard
        return received[back], noise[back]


class _Reception:
    """Reception of a picture in one transmission."""

    memory = None

    def __init__(self, receiver: ReportingReceiver, query):
        self._receiver, self._query = receiver, query
        self._report: StateMap | None = None
        self.request = Request(None, 1, False)

    def reported(self, report: StateMap) -> None:
        """Keep the map that was reported."""
        self._report = report

    def __call__(self, rx: RxSignal) -> Estimate:
        self.request = Request(True, 1, True)
        return self._receiver.received(rx, self._query, self._report)
