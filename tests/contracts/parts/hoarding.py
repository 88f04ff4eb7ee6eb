"""A pair whose receiver has hidden memory."""

import numpy as np

from semlink.protocols import Transceiver
from semlink.signals import IMAGE, NO_BLOCKS, Estimate, TxSignal, ledger

SIDE = 16


class Transmitter:
    """Sends a level."""

    def operating_point(self, csi):
        return None

    def plan(self, source, budget):
        return None

    def __call__(self, sample, plan, memory=None):
        x = np.full(9, np.exp(1j * np.pi * sample.data.mean() / 512), np.complex64)
        return TxSignal(x, ledger(payload=9), NO_BLOCKS), None


class Receiver:
    """Shows the mean of all levels so far."""

    def __init__(self):
        self._levels = []

    def __call__(self, rx, query=None, memory=None):
        self._levels.append(np.angle(rx.x_hat[:9].mean()) * 512 / np.pi)
        picture = np.full((SIDE, SIDE, 3), np.mean(self._levels)).astype(np.uint8)
        return Estimate(picture, IMAGE, False, NO_BLOCKS), None


def build() -> Transceiver:
    """Build the pair."""
    return Transceiver(Transmitter(), Receiver())
