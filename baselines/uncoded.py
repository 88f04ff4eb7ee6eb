"""Uncoded analog transmission: two source values per symbol, LMMSE at the receiver.

For a Gaussian source over AWGN at one complex symbol for two values it is optimal: its
distortion is D(C). For pictures it is the starting point of analog joint source-channel
codes.
"""

from collections.abc import Hashable, Sequence

import numpy as np

from blocks.phy.header import Header
from semlink.errors import Infeasible
from semlink.protocols import Budget, Csi, Transceiver
from semlink.signals import (
    IMAGE,
    NO_BLOCKS,
    Estimate,
    RxSignal,
    Sample,
    TxSignal,
    ledger,
    unknown,
)

FIELDS = {"height": 14, "width": 14, "picture": 1, "mean": 8, "deviation": 8}


class UncodedTransmitter:
    """Standardises an image and puts its values on I and Q of symbols.

    The header signals mean and standard deviation of a picture, rounded to whole
    levels. A toy source has zero mean and unit variance by convention.
    """

    def __init__(self):
        self._header = Header(FIELDS)

    def operating_point(self, csi: Csi) -> Hashable:
        """``None``: the transmitter does not use the SNR."""
        return None

    def plan(self, source: Sequence[Sample], budget: Budget) -> None:
        """Check that the budget holds the header and one symbol for two values."""
        for sample in source:
            symbols = self._header.num_symbols + -(-sample.values // 2)
            needed = budget.frame.uses(symbols)
            if needed > budget.uses(sample):
                cbr = needed / sample.values
                reason = f"{sample.name} always takes CBR {cbr:.4f}"
                raise Infeasible(reason, needed)

    def __call__(self, sample: Sample, plan: None, memory=None):
        x, header = self._send(sample.data), self._header.num_symbols
        uses = ledger(header=header, payload=len(x) - header)
        return TxSignal(x, uses, NO_BLOCKS), None

    def _send(self, image: np.ndarray) -> np.ndarray:
        mean, deviation = _moments(image)
        height, width, _ = image.shape
        picture = int(image.dtype == np.uint8)
        whole = max(round(deviation), 1)
        header = self._header.send(
            dict(zip(FIELDS, (height, width, picture, mean, whole), strict=True))
        )
        # divide by the exact deviation, so that rounding does not change the power
        standard = (image.astype(np.float32) - mean).reshape(-1) / (deviation or 1)
        pairs = np.pad(standard, (0, standard.size % 2)).reshape(-1, 2) / np.sqrt(2)
        x = np.concatenate([header, pairs[:, 0] + 1j * pairs[:, 1]])
        return x.astype(np.complex64)


class UncodedReceiver:
    """LMMSE estimate of every value, given the noise of its symbol."""

    def __init__(self):
        self._header = Header(FIELDS)

    def __call__(self, rx: RxSignal, query=None, memory=None):
        values = self._receive(rx.x_hat, rx.no)
        if values is None:
            return unknown(), None
        modality = IMAGE if values.dtype == np.uint8 else "signal"
        return Estimate(values, modality, False, NO_BLOCKS), None

    def _receive(self, x_hat: np.ndarray, no: np.ndarray) -> np.ndarray | None:
        header = self._header.receive(x_hat, no)
        if header is None:
            return None
        shape = (header["height"], header["width"], 3)
        start, size = self._header.num_symbols, int(np.prod(shape))
        body = slice(start, start - (-size // 2))
        if body.stop > len(x_hat) or not size:
            return None
        estimate = np.sqrt(2) * x_hat[body] / (1 + no[body])
        values = np.stack([estimate.real, estimate.imag], axis=-1).reshape(-1)
        scaled = values[:size] * header["deviation"] + header["mean"]
        if header["picture"]:
            return np.clip(np.round(scaled), 0, 255).astype(np.uint8).reshape(shape)
        return scaled.astype(np.float32).reshape(shape)


def build() -> Transceiver:
    """Build the pair; it has no parameters."""
    accepts = (IMAGE, "signal")
    return Transceiver(UncodedTransmitter(), UncodedReceiver(), accepts=accepts)


def _moments(image: np.ndarray) -> tuple[int, float]:
    """Mean in whole levels, and standard deviation about it."""
    if image.dtype != np.uint8:
        return 0, 1.0
    mean = round(float(image.mean()))
    return mean, float(np.sqrt(np.mean((image - float(mean)) ** 2)))
