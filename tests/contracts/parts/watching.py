"""A pair that records its inputs: samples at the transmitter, and queries."""

import numpy as np

from semlink.protocols import Loop, Request, Transceiver
from semlink.signals import IMAGE, NO_BLOCKS, Estimate, TxSignal, ledger

LENGTH = 100


class Watching:
    """Transmits nothing of its sample."""

    def __init__(self):
        self.seen = []

    def operating_point(self, csi):
        return None

    def plan(self, source, budget):
        self.seen += [("plan", sample) for sample in source]

    def __call__(self, sample, plan, memory=None):
        return self._sent("send", sample), None

    def again(self, sample, first, plan, request, sent):
        return self._sent("again", sample)

    def _sent(self, role, sample):
        self.seen.append((role, sample))
        x = np.ones(LENGTH, np.complex64)
        return TxSignal(x, ledger(payload=LENGTH), NO_BLOCKS)


class Asking:
    """Is never satisfied."""

    request, memory = Request("more", 1, False), None

    def __init__(self):
        self.asked = []

    def listen(self, query=None, memory=None):
        self.asked.append(query)
        return self

    def __call__(self, rx, query=None, memory=None):
        return Estimate(None, IMAGE, True, NO_BLOCKS)


def build(oracle: bool = False) -> Transceiver:
    """Build the pair."""
    loop = Loop(max_transmissions=2)
    return Transceiver(Watching(), Asking(), loop=loop, oracle=oracle)
