"""A transmitter that sends the first pixels as phases, and its receiver."""

import numpy as np

from semlink.errors import Infeasible
from semlink.protocols import Transceiver
from semlink.signals import Estimate, TxSignal, ledger, stack_symbols

SIDE = 16
HEADER = 2


class Transmitter:
    """Pixel v becomes exp(j pi v / 256); bits of a header stand in for code blocks."""

    def __init__(self, csi: bool):
        self._csi = csi

    def operating_point(self, csi):
        return csi.snr_db if self._csi else None

    def plan(self, source, budget):
        num_symbols = budget.limit(source[0].image)
        if num_symbols <= HEADER:
            raise Infeasible(f"{source[0].name[0]},\nneeds more than {HEADER} symbols")
        return num_symbols, budget.operating_point

    def __call__(self, batch, plan):
        pixels = batch.image.reshape(len(batch.image), -1)[:, : plan[0] - HEADER]
        header = np.ones((len(pixels), HEADER))
        x = np.hstack([header, np.exp(1j * np.pi * pixels / 256)])
        uses = ledger(len(x), header=HEADER, payload=plan[0] - HEADER)
        blocks = tuple(np.ones((1, HEADER), np.uint8) for _ in x)
        return TxSignal(stack_symbols(list(x), multiple=64), uses, blocks)


def receive(rx):
    """Read the phases; what lies beyond the picture is cut off."""
    values = np.clip(np.angle(rx.x_hat[:, HEADER:]) * 256 / np.pi, 0, 255)
    images = np.full((len(values), SIDE * SIDE * 3), 32, np.uint8)
    for image, sent in zip(images, values, strict=True):
        image[: len(sent)] = np.round(sent)[: len(image)]
    bits = (rx.x_hat[:, None, :HEADER].real > 0).astype(np.uint8)
    lost = ~bits.all(axis=(1, 2))
    return Estimate(tuple(images.reshape(-1, SIDE, SIDE, 3)), lost, tuple(bits))


def build(csi: bool = False, error_free: bool = False) -> Transceiver:
    """Build the pair."""
    return Transceiver(Transmitter(csi), receive, error_free)
