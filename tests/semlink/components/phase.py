"""A transmitter that sends the first pixels as phases, and its receiver."""

import numpy as np

from semlink.errors import Infeasible
from semlink.protocols import Transceiver
from semlink.signals import IMAGE, Estimate, TxSignal, ledger

SIDE = 16
HEADER = 2


class Transmitter:
    """Pixel v becomes exp(j pi v / 256); bits of a header stand in for code blocks."""

    def __init__(self, csi: bool):
        self._csi = csi

    def operating_point(self, csi):
        return csi.snr_db if self._csi else None

    def plan(self, source, budget):
        num_symbols = budget.limit(source[0])
        if num_symbols <= HEADER:
            raise Infeasible(f"{source[0].name},\nneeds more than {HEADER} symbols")
        return num_symbols, budget.operating_point

    def __call__(self, sample, plan, memory=None):
        pixels = sample.data.reshape(-1)[: plan[0] - HEADER]
        x = np.hstack([np.ones(HEADER), np.exp(1j * np.pi * pixels / 256)])
        x = np.pad(x, (0, plan[0] - len(x))).astype(np.complex64)
        uses = ledger(header=HEADER, payload=plan[0] - HEADER)
        return TxSignal(x, uses, np.ones((1, HEADER), np.uint8)), None


def receive(rx, query=None, memory=None):
    """Read the phases; what lies beyond the picture is cut off."""
    values = np.clip(np.angle(rx.x_hat[HEADER:]) * 256 / np.pi, 0, 255)
    image = np.full(SIDE * SIDE * 3, 32, np.uint8)
    image[: len(values)] = np.round(values)[: len(image)]
    bits = (rx.x_hat[None, :HEADER].real > 0).astype(np.uint8)
    image = image.reshape(SIDE, SIDE, 3)
    return Estimate(image, IMAGE, not bits.all(), bits), None


def build(csi: bool = False, error_free: bool = False) -> Transceiver:
    """Build the pair."""
    return Transceiver(Transmitter(csi), receive, error_free)
