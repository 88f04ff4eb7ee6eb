"""The payload of the linear code in bits alone: what arrives is known exactly.

Noise stays in an analog coefficient, so the transmitter cannot know the picture at the
receiver. Of bits, both ends know the same values, which they can store and predict
from.
"""

import numpy as np

from blocks.linear.classes import Prices as ClassPrices
from blocks.linear.hybrid import LENGTH_BITS, MCS_BITS
from blocks.linear.model import LinearModel
from blocks.linear.payload import Coded, Point, dithered, threshold
from blocks.phy import hybrid, side_information
from blocks.phy.hybrid import Prices, Split
from semlink.signals import NO_BLOCKS


class DigitalPayload:
    """Quantised coefficients; the step is the threshold of the quality."""

    fields = {"payload_mcs": MCS_BITS, "payload_bits": LENGTH_BITS}

    def send(self, x: np.ndarray, sigma: np.ndarray, at: Point, quality: int) -> Coded:
        """Coefficients [B, K] and their deviations to symbols."""
        by = _split(sigma, threshold(quality))
        values = hybrid.quantise(x, by)
        mcs = side_information.choose(at.side_db, hybrid.num_bits(values, by))
        symbols, blocks, length = hybrid.send(values, by, mcs)
        fields = {"payload_mcs": mcs, "payload_bits": length}
        known = hybrid.reconstruct(values, by)
        return Coded(symbols, symbols[:0], fields, blocks, known)

    def prices(
        self,
        model: LinearModel,
        threshold: float,
        noise: float,
        csi: bool,
        efficiency: float,
    ) -> ClassPrices:
        """Price the classes by the length of the code of their Gaussians.

        A value x costs about x^2 / (2 s^2 ln 2) bits more than zero, s^2 the variance
        of its class and of the quantiser. Parameters are those of
        :func:`blocks.linear.classes.prices`; the noise sets no price of a bit here.
        """
        bit, sigma = _price(threshold), model.deviation
        by = _split(sigma, threshold)
        spread = sigma**2 + threshold**2 / 12
        squares = np.where(by.digital, bit / (2 * np.log(2) * spread), 1)
        length = hybrid.quantiser().bits[by.row]
        fixed = bit * length + by.sigma**2 - squares * sigma**2
        constant = np.sum(np.where(by.digital, fixed, 0), axis=1)
        return ClassPrices(squares.astype(np.float32), constant, float(bit))

    def num_symbols(
        self, x: np.ndarray, sigma: np.ndarray, at: Point, quality: int
    ) -> int:
        """Number of symbols."""
        by = _split(sigma, threshold(quality))
        length = hybrid.num_bits(hybrid.quantise(x, by), by)
        return hybrid.num_symbols(length, side_information.choose(at.side_db, length))

    def receive(
        self, x_hat: np.ndarray, no: np.ndarray, sigma: np.ndarray, header: dict
    ) -> tuple[np.ndarray | None, np.ndarray]:
        """Symbols to coefficients [B, K], ``None`` if lost, and decoded blocks."""
        stream = header["payload_bits"], header["payload_mcs"]
        end = hybrid.num_symbols(*stream)
        if end > len(x_hat):
            return None, NO_BLOCKS
        by = _split(sigma, threshold(header["quality"]))
        values, blocks = hybrid.receive(x_hat[:end], no[:end], *stream, by)
        return None if values is None else hybrid.reconstruct(values, by), blocks


def _price(step: float) -> float:
    """Price of a bit, in squared error, at which a step is the best one."""
    return step**2 * np.log(2) / 6


def _split(sigma: np.ndarray, step: float) -> Split:
    """Coefficients whose bits are worth their price."""
    alone = Prices(dimension=np.inf, bit=_price(step), floor=step, noise=1.0)
    return hybrid.split(sigma, alone, dithered(sigma))
