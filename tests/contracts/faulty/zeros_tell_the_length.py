"""A transmitter that fills its last block with zeros, which say where it ends."""

import numpy as np

from baselines.uncoded import UncodedReceiver, UncodedTransmitter
from semlink.protocols import Transceiver
from semlink.signals import ledger

WHOLE = 1000  # symbols of a block


class Transmitter(UncodedTransmitter):
    """Uncoded values, and zeros up to a whole number of blocks; all are counted."""

    def plan(self, source, budget):
        smaller = budget.cbr - WHOLE / min(sample.values for sample in source)
        return super().plan(source, budget._replace(cbr=max(smaller, 0.0)))

    def __call__(self, sample, plan, memory=None):
        tx, memory = super().__call__(sample, plan, memory)
        x = np.pad(tx.x, (0, -len(tx.x) % WHOLE))
        return tx._replace(x=x, ledger=ledger(payload=len(x))), memory


def build() -> Transceiver:
    """Build the pair."""
    return Transceiver(Transmitter(), UncodedReceiver())
