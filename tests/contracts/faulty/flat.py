"""A transmitter that divides by the deviation of a picture, which a black one lacks."""

import numpy as np

from baselines.uncoded import UncodedReceiver, UncodedTransmitter
from semlink.protocols import Transceiver


class Transmitter(UncodedTransmitter):
    """Uncoded values of a deviation of one, as they already have."""

    def __call__(self, sample, plan, memory=None):
        tx, memory = super().__call__(sample, plan, memory)
        deviation = np.float32(np.std(sample.data))
        return tx._replace(x=tx.x * deviation / deviation), memory


def build() -> Transceiver:
    """Build the pair."""
    return Transceiver(Transmitter(), UncodedReceiver())
