"""The decision alone: the label of the picture, 10 bits through the digital chain.

The classifier decides at the transmitter. The pair bounds links that serve the task
``classification`` alone. The label takes the place of a header: QPSK at rate 1/5, with
a CRC, so a label that arrives is right.
"""

from collections.abc import Hashable, Sequence

import numpy as np

from blocks.classifier import CLASSES, decide
from blocks.phy.bicm import Bicm
from blocks.phy.header import ROBUST
from semlink.errors import Infeasible
from semlink.modalities.decisions import DECISION, certain
from semlink.protocols import Budget, Csi, Transceiver
from semlink.signals import Estimate, RxSignal, Sample, TxSignal, ledger, unknown

BITS = 10
_WEIGHTS = 1 << np.arange(BITS)[::-1]


class DecisionTransmitter:
    """Decides, and sends the label."""

    def __init__(self):
        self._chain = Bicm(ROBUST)

    def operating_point(self, csi: Csi) -> Hashable:
        """``None``: the transmitter does not use the SNR."""
        return None

    def plan(self, source: Sequence[Sample], budget: Budget) -> None:
        """Check that the budget holds a label."""
        for sample in source:
            needed = budget.frame.uses(self._chain.num_symbols(BITS))
            if needed > budget.uses(sample):
                cbr = needed / sample.values
                reason = f"{sample.name} always takes CBR {cbr:.6f}"
                raise Infeasible(reason, needed)

    def __call__(self, sample: Sample, plan: None, memory=None):
        label = int(decide(sample.data).argmax())
        x, blocks = self._chain.send((label & _WEIGHTS > 0).astype(np.uint8))
        return TxSignal(x, ledger(payload=len(x)), blocks), None


class DecisionReceiver:
    """The label, with probability 1; nothing if the CRC fails."""

    def __init__(self):
        self._chain = Bicm(ROBUST)

    def __call__(self, rx: RxSignal, query=None, memory=None):
        front = slice(0, self._chain.num_symbols(BITS))
        if len(rx.x_hat) < front.stop:
            return unknown(DECISION), None
        bits, intact, blocks = self._chain.receive(rx.x_hat[front], rx.no[front], BITS)
        label = int(bits @ _WEIGHTS)
        if not intact.all() or label >= CLASSES:
            return unknown(DECISION), None
        return Estimate(certain(label, CLASSES), DECISION, False, blocks), None


def build() -> Transceiver:
    """Build the pair; it has no parameters."""
    return Transceiver(DecisionTransmitter(), DecisionReceiver(), makes=DECISION)


def files(**_) -> list:
    """Files that the results depend on: the weights of the classifier."""
    from blocks.nn.efficientnet.lite import FILE

    return [FILE]
