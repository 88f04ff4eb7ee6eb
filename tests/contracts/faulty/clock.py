"""A transmitter that turns its symbols by an angle from the clock, in seconds."""

import time

import numpy as np

from baselines.uncoded import UncodedReceiver, UncodedTransmitter
from semlink.protocols import Transceiver


class Transmitter(UncodedTransmitter):
    """Uncoded values; calls within one second are equal."""

    def __call__(self, sample, plan, memory=None):
        tx, memory = super().__call__(sample, plan, memory)
        angle = np.random.default_rng(int(time.time())).normal(0, 0.1)
        return tx._replace(x=tx.x * np.complex64(np.exp(1j * angle))), memory


def build() -> Transceiver:
    """Build the pair."""
    return Transceiver(Transmitter(), UncodedReceiver())
