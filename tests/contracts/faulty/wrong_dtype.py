"""A transmitter whose symbols are complex128."""

import numpy as np

from baselines.uncoded import UncodedReceiver, UncodedTransmitter
from semlink.protocols import Transceiver


class Transmitter(UncodedTransmitter):
    """Uncoded values, in double precision."""

    def __call__(self, sample, plan, memory=None):
        tx, memory = super().__call__(sample, plan, memory)
        return tx._replace(x=tx.x.astype(np.complex128)), memory


def build() -> Transceiver:
    """Build the pair."""
    return Transceiver(Transmitter(), UncodedReceiver())
