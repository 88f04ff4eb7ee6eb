"""A transmitter with a seed from the hash of a text, another one in each process."""

import numpy as np

from baselines.uncoded import UncodedReceiver, UncodedTransmitter
from semlink.protocols import Transceiver


class Transmitter(UncodedTransmitter):
    """Uncoded values, turned by an angle that belongs to a process."""

    def __call__(self, sample, plan, memory=None):
        tx, memory = super().__call__(sample, plan, memory)
        angle = np.random.default_rng(abs(hash("angle"))).normal(0, 0.01)
        return tx._replace(x=tx.x * np.complex64(np.exp(1j * angle))), memory


def build() -> Transceiver:
    """Build the pair."""
    return Transceiver(Transmitter(), UncodedReceiver())
