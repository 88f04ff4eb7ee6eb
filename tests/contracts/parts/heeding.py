"""A pair that hears queries and sends them back: its signal depends on the query."""

import numpy as np

from blocks.budget_search import Choices, Cost, search
from semlink.modalities.query import encode
from semlink.protocols import Transceiver
from semlink.signals import IMAGE, NO_BLOCKS, Estimate, TxSignal, ledger

LENGTH = 100


class Heeding:
    """Sends as many symbols as its query has bits, beside a few."""

    def __init__(self):
        self.seen = []

    def operating_point(self, csi):
        return None

    def plan(self, source, budget):
        self.seen += [("plan", sample) for sample in source]
        length = Choices(lambda m, s: Cost(s), lambda spent, *_: LENGTH)
        return search(source, budget, lambda members: length)

    def __call__(self, sample, plan, memory=None):
        self.seen.append(("send", sample))
        more = 0 if sample.query is None else len(encode(sample.query))
        x = np.ones(LENGTH + more, np.complex64)
        return TxSignal(x, ledger(payload=len(x)), NO_BLOCKS), None


class Deaf:
    """Decodes nothing."""

    def __call__(self, rx, query=None, memory=None):
        return Estimate(None, IMAGE, True, NO_BLOCKS), None


def build(hears: bool = True) -> Transceiver:
    """Build the pair."""
    return Transceiver(Heeding(), Deaf(), hears_query=hears)
