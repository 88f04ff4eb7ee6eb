"""A pair with memory: it sends differences to the previous picture, as phases."""

import numpy as np

from semlink.errors import Infeasible
from semlink.protocols import Transceiver
from semlink.signals import IMAGE, NO_BLOCKS, Estimate, TxSignal, ledger

SIDE = 16
VALUES = SIDE * SIDE * 3


class Transmitter:
    """Remembers what it sent."""

    def operating_point(self, csi):
        return None

    def plan(self, source, budget):
        if any(budget.limit(sample) < VALUES for sample in source):
            raise Infeasible(f"{VALUES} symbols do not fit")

    def __call__(self, sample, plan, memory=None):
        values = sample.data.reshape(-1).astype(np.float32)
        before = np.full(VALUES, 128, np.float32) if memory is None else memory
        x = np.exp(1j * np.pi * (values - before) / 512).astype(np.complex64)
        return TxSignal(x, ledger(payload=VALUES), NO_BLOCKS), values


class Receiver:
    """Adds received differences to its memory; a query selects one of three colours."""

    def __call__(self, rx, query=None, memory=None):
        before = np.full(VALUES, 128, np.float32) if memory is None else memory
        values = before + np.angle(rx.x_hat[:VALUES]) * np.float32(512 / np.pi)
        picture = np.clip(np.round(values), 0, 255).astype(np.uint8)
        picture = picture.reshape(SIDE, SIDE, 3)
        shown = picture if query is None else picture[..., query]
        return Estimate(shown, IMAGE, False, NO_BLOCKS), values


def build() -> Transceiver:
    """Build the pair."""
    return Transceiver(Transmitter(), Receiver(), remembers=True)
