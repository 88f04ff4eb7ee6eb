"""A transmitter that adds a symbol after its plan."""

import numpy as np

from baselines.uncoded import UncodedReceiver, UncodedTransmitter
from semlink.protocols import Transceiver
from semlink.signals import ledger


class Transmitter(UncodedTransmitter):
    """Uncoded values and a last symbol, which is counted and was not planned."""

    def __call__(self, sample, plan, memory=None):
        tx, memory = super().__call__(sample, plan, memory)
        x = np.append(tx.x, np.complex64(1))
        return tx._replace(x=x, ledger=ledger(payload=len(x))), memory


def build() -> Transceiver:
    """Build the pair."""
    return Transceiver(Transmitter(), UncodedReceiver())
