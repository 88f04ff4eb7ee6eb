"""The digital layer of the latents: bits of strong and of weak latents, hybrid coding.

The rate map gives latents a dimension of their own. With the layer, a strong latent is
first sent in a few bits, and its dimension carries the remainder; a latent may also be
sent in bits alone, which frees its dimension or spares it one. What is left after the
bits has a mean and a deviation of its own, with which the joint code works as before.

Both ends derive the split from the side information and fields of the header:
threshold, floor, and scheme of the bits (:mod:`blocks.phy.hybrid`). If the bits are
lost, the latents that are analog alone still arrive.
"""

from typing import NamedTuple

import numpy as np

from blocks.nn.codec import Side
from blocks.nn.entropy import SCALES as DEVIATIONS
from blocks.nn.jscc import TURNS, WHOLE
from blocks.phy import hybrid
from blocks.phy.analog import LogScale
from blocks.phy.hybrid import Split
from blocks.phy.mcs import SCHEMES

FIELDS = {"threshold": 9, "floor": 7, "payload_mcs": 4, "payload_bits": 24}
_THRESHOLD = LogScale(FIELDS["threshold"], DEVIATIONS[0] / 8, DEVIATIONS[-1])
_FLOOR = LogScale(FIELDS["floor"], 2.0**-12, 1)
_KEPT = np.array([[False], [True]])  # rows of a table by deviation
# Many latents have the same deviation. Their choice is dithered over a step of the
# table, so that they change mode one after the other.
_DITHERS = 8


class Layer(NamedTuple):
    """The digital layer of an image.

    fields : fields of the header that determine the split
    by : the split
    values : [1, h, w, M], integers
    num_bits : largest length of the stream
    """

    fields: dict[str, int]
    by: Split
    values: np.ndarray
    num_bits: int

    @property
    def num_symbols(self) -> int:
        """Channel uses of the stream, at most."""
        return hybrid.num_symbols(self.num_bits, self.fields["payload_mcs"])

    def send(self) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
        """Symbols [n], complex64, code blocks [C, K], uint8, and fields."""
        x, blocks, length = hybrid.send(
            self.values, self.by, self.fields["payload_mcs"]
        )
        return x, blocks, self.fields | {"payload_bits": length}


def num_symbols(header: dict[str, int]) -> int:
    """Channel uses of the layer of a header."""
    return hybrid.num_symbols(header["payload_bits"], header["payload_mcs"])


def receive(
    x_hat: np.ndarray, no: np.ndarray, by: Split, header: dict[str, int]
) -> tuple[np.ndarray | None, np.ndarray]:
    """Symbols to integers [1, h, w, M], ``None`` if lost, and decoded blocks."""
    stream = header["payload_bits"], header["payload_mcs"]
    return hybrid.receive(x_hat, no, *stream, by)


def layer_of(
    centred: np.ndarray, index: np.ndarray, kept: np.ndarray, no: float, side_db: float
) -> Layer:
    """Choose the digital layer of an image.

    Input
    -----
    centred : [1, h, w, M], float, latents minus their means, in quantiser steps
    index : [1, h, w, M], int32, deviations, entries of the table
    kept : [1, h, w, M], one where a latent has a dimension
    no : noise variance of a dimension
    side_db : Es/N0 that the bits must survive
    """
    count = _histogram(index, kept)

    def at(mcs: int) -> Layer:
        fields = _fields(count, no, mcs)
        by = split_of(index, kept, no, fields)
        values = hybrid.quantise(centred, by)
        return Layer(fields, by, values, hybrid.num_bits(values, by))

    return hybrid.carried(at, side_db)


def split_of(
    index: np.ndarray, kept: np.ndarray, no: float, fields: dict[str, int]
) -> Split:
    """The split of the latents, at both ends : [1, h, w, M]."""
    threshold = _THRESHOLD.value(fields["threshold"])
    efficiency = SCHEMES[fields["payload_mcs"]].efficiency
    prices = hybrid.prices(
        threshold, threshold * _FLOOR.value(fields["floor"]), no, efficiency
    )
    step = np.log(DEVIATIONS[1] / DEVIATIONS[0])
    dither = np.exp(step * ((np.arange(_DITHERS) + 0.5) / _DITHERS - 0.5))
    sigma = np.broadcast_to(DEVIATIONS[:, None], (2, len(DEVIATIONS), _DITHERS))
    table = hybrid.split(sigma, prices, sigma * dither, kept=_KEPT[..., None])
    entry = (kept > 0).astype(np.int8), index, _turns(index.shape)
    return Split(*(values[entry] for values in table))


def left_over(
    side: Side, by: Split, values: np.ndarray | None
) -> tuple[Side, np.ndarray]:
    """Maps of what is left after the bits, and the latents whose remainder is useless.

    Input
    -----
    side : maps of the image
    values : [1, h, w, M], integers; ``None`` if they are lost
    """
    kept = by.analog.astype(np.float32)
    sigma = np.where(by.digital, by.sigma, side.sigma).astype(np.float32)
    if values is None:
        alone = by.mode == hybrid.DIGITAL
        sigma = np.where(alone, side.sigma, sigma)
        return side._replace(sigma=sigma, kept=kept), by.mode == hybrid.SPLIT
    mu = side.mu + hybrid.reconstruct(values, by).astype(np.float32)
    return side._replace(mu=mu, sigma=sigma, kept=kept), np.zeros(kept.shape, bool)


def _fields(count: np.ndarray, no: float, mcs: int) -> dict[str, int]:
    threshold = _THRESHOLD.index(_threshold(count))
    value, efficiency = _THRESHOLD.value(threshold), SCHEMES[mcs].efficiency
    deviations = _both(DEVIATIONS)
    lowest = hybrid.best_floor(deviations, count, value, no, efficiency, kept=_KEPT)
    floor = min(_FLOOR.index(lowest / value), 2 ** FIELDS["floor"] - 2)
    return {"threshold": threshold, "floor": floor, "payload_mcs": mcs}


def _threshold(count: np.ndarray) -> float:
    """Deviation that as many latents exceed as have a dimension.

    Input
    -----
    count : [2, S], latents without and with a dimension, of each deviation
    """
    above = np.cumsum(count.sum(axis=0)[::-1])[::-1]
    step = np.log(DEVIATIONS[1] / DEVIATIONS[0])
    edges = np.log(DEVIATIONS) - step / 2
    return float(np.exp(np.interp(-count[1].sum(), -above, edges)))


def _histogram(index: np.ndarray, kept: np.ndarray) -> np.ndarray:
    size = len(DEVIATIONS)
    flat = index.ravel() + size * (kept.ravel() > 0)
    return np.bincount(flat, minlength=2 * size).reshape(2, size)


def _both(values: np.ndarray) -> np.ndarray:
    return np.broadcast_to(values, (2, len(values)))


def _turns(shape: tuple[int, ...]) -> np.ndarray:
    """Dither of each latent : [1, h, w, M], int64, below ``_DITHERS``."""
    _, row, column, channel = np.ogrid[tuple(map(slice, shape))]
    place = TURNS[0] * row + TURNS[1] * column + sum(TURNS) * channel
    return place % WHOLE * _DITHERS // WHOLE
