"""Hybrid digital-analog transmission of independent Gaussian components.

A linear analog code is efficient where all components have one deviation: the power of
a component goes with its deviation, and a strong component takes it from all others. A
few bits of a strong component leave a remainder that is as weak as the others, which an
analog dimension carries. A weak component may be sent in bits alone.

Both ends derive the split from deviations and prices, never from values: without the
bits, the receiver still knows the power of every dimension.

References
----------
U. Mittal, N. Phamdo, "Hybrid digital-analog (HDA) joint source-channel codes for
broadcasting and robust communications", IEEE Trans. IT 48(5), 2002. T. Goblick,
"Theoretical limitations on the transmission of data from analog sources", IEEE Trans.
IT 11(4), 1965. Step of an entropy-coded quantiser at a given slope: H. Gish,
J. Pierce, "Asymptotically efficient quantizing", IEEE Trans. IT 14(5), 1968.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from scipy.special import ndtr

from blocks.phy import side_information
from blocks.phy.side_information import EntropyCoder, carries, choose, fixed_point
from semlink.signals import NO_BLOCKS

NONE, ANALOG, SPLIT, DIGITAL = range(4)
PER_OCTAVE = 8  # tables of the quantiser per octave of the deviation
LOWEST, HIGHEST = -3, 5  # log2 of the deviation in steps, first and last table
LARGEST = 128  # largest magnitude in a table; larger ones use the escape
SOLVER_STEPS = 24
LONG = 4096  # bits of a stream, for the first guess at its scheme


S = TypeVar("S", bound="Stream")


class Prices(NamedTuple):
    """Prices of a transmission, in squared error.

    A dimension has power 1 on average.

    dimension : price of a channel dimension of power 1
    bit : price of a bit
    floor : deviation below which an analog dimension gets no power
    noise : noise variance of a dimension
    """

    dimension: float
    bit: float
    floor: float
    noise: float

    @property
    def power(self) -> float:
        """Price of a unit of power."""
        return self.floor**2 / self.noise

    def analog(self, sigma: np.ndarray) -> np.ndarray:
        """Squared error, dimension and power of components sent analog : [n]."""
        spent = 2 * sigma * self.floor - self.power * self.noise
        return np.where(sigma > self.floor, spent, sigma**2) + (
            self.dimension - self.power
        )

    @property
    def steps(self) -> tuple[float, float]:
        """Quantiser step of split components, and of those sent in bits alone.

        At this step, the next bit saves as much error as it costs.
        """
        per_nat = self.bit / np.log(2)
        ceiling = per_nat / (2 * self.floor)
        return float(np.sqrt(12) * ceiling), float(np.sqrt(6 * per_nat))


class Split(NamedTuple):
    """Transmission of each component; both ends derive the same.

    mode : [...], NONE, ANALOG, SPLIT or DIGITAL
    step : [...], quantiser step, where there is a digital part
    row : [...], table of the entropy coder
    sigma : [...], deviation after the digital part
    """

    mode: np.ndarray
    step: np.ndarray
    row: np.ndarray
    sigma: np.ndarray

    @property
    def analog(self) -> np.ndarray:
        """Mask of the components that have a dimension : [...], bool."""
        return (self.mode == ANALOG) | (self.mode == SPLIT)

    @property
    def digital(self) -> np.ndarray:
        """Mask of the components that have bits : [...], bool."""
        return self.mode >= SPLIT


class Quantiser(NamedTuple):
    """A uniform quantiser of N(0, r^2), step 1, for each ratio r of a grid of R.

    bits : [R], entropy
    left : [R], squared error over r^2, of the best reconstruction
    points : [R, 2 LARGEST + 1], reconstruction points
    coder : tables of the integers, with an escape
    """

    bits: np.ndarray
    left: np.ndarray
    points: np.ndarray
    coder: EntropyCoder


@lru_cache(maxsize=1)
def quantiser() -> Quantiser:
    """Compute the tables."""
    count = (HIGHEST - LOWEST) * PER_OCTAVE + 1
    ratio = 2.0 ** np.linspace(LOWEST, HIGHEST, count)[:, None]
    values = np.arange(-LARGEST, LARGEST + 1)
    edges = (np.arange(-LARGEST, LARGEST + 2) - 0.5) / ratio
    # from the side of the tail that is small, which is the precise one
    inside = np.abs(np.diff(ndtr(-np.abs(edges))))
    inside[:, LARGEST] = 1 - 2 * ndtr(edges[:, LARGEST])
    density = np.exp(-(edges**2) / 2) / np.sqrt(2 * np.pi)
    known = inside > 1e-12
    points = np.broadcast_to(values, inside.shape).astype(float)
    mean = -np.diff(density) * ratio / np.where(known, inside, 1)
    points = np.where(known, mean, points)
    outside = np.maximum(1 - inside.sum(axis=1, keepdims=True), 0)
    tables = fixed_point(np.concatenate([inside, outside], axis=1))
    coder = EntropyCoder(tables, first=-LARGEST, escape=True)
    bits = np.sum(inside * coder.bits[:, :-1], axis=1)
    energy = inside - np.diff(edges * density)
    left = energy - inside * (points / ratio) ** 2
    beyond = outside / (12 * ratio**2)  # escaped integers are exact
    return Quantiser(bits, np.sum(left, axis=1) + beyond[:, 0], points, coder)


def prices(threshold: float, floor: float, noise: float, efficiency: float) -> Prices:
    """Prices at which a component at the threshold is exactly worth its dimension.

    Parameters
    ----------
    threshold : deviation above which an analog dimension pays
    floor : deviation below which an analog dimension gets no power, below ``threshold``
    noise : noise variance of a dimension of power 1
    efficiency : bits per channel use, which is two dimensions
    """
    dimension = (threshold - floor) ** 2 + floor**2 / noise
    return Prices(dimension, 2 * dimension / efficiency, floor, noise)


def split(
    sigma: np.ndarray,
    at: Prices,
    compared: np.ndarray | None = None,
    kept: np.ndarray | None = None,
) -> Split:
    """The best transmission of each component at some prices.

    Input
    -----
    sigma : [...], deviations, above zero
    compared : [...], deviations by which components are chosen, if they differ
    kept : [...], bool, whether a component may have a dimension, and is sent in some
        way; chosen by the prices if not given
    """
    tables, chosen_by = quantiser(), sigma if compared is None else compared
    coarse, fine = (np.maximum(step, sigma * 2.0**-HIGHEST) for step in at.steps)
    rows = [_row(sigma / step) for step in (coarse, fine)]
    factor = (chosen_by / sigma) ** 2
    left = [sigma**2 * tables.left[row] for row in rows]
    cost = np.stack([
        chosen_by**2,
        at.analog(chosen_by),
        at.analog(np.sqrt(left[0] * factor)) + at.bit * tables.bits[rows[0]],
        left[1] * factor + at.bit * tables.bits[rows[1]],
    ])  # fmt: skip
    if kept is not None:
        cost[NONE] = np.where(kept, np.inf, cost[NONE])
        cost[[ANALOG, SPLIT]] = np.where(kept, cost[[ANALOG, SPLIT]], np.inf)
    mode = cost.argmin(axis=0)
    alone = mode == DIGITAL
    row = np.where(alone, rows[1], rows[0])
    rest = np.where(mode >= SPLIT, np.where(alone, left[1], left[0]), sigma**2)
    return Split(mode, np.where(alone, fine, coarse), row, np.sqrt(rest))


def best_floor(
    sigma: np.ndarray,
    count: np.ndarray,
    threshold: float,
    noise: float,
    efficiency: float,
    kept: np.ndarray | None = None,
) -> float:
    """The floor at which analog dimensions have power 1 on average.

    Input
    -----
    sigma, count : [...], deviations, and number of components of each
    kept : [...], as for :func:`split`
    """
    low, high = 1e-4 * threshold, threshold
    for _ in range(SOLVER_STEPS):
        middle = float(np.sqrt(low * high))
        at = prices(threshold, middle, noise, efficiency)
        found = split(sigma, at, kept=kept)
        spent = np.maximum(found.sigma / middle - 1, 0) * noise - 1
        enough = np.sum(count * found.analog * spent) <= 0
        low, high = (low, middle) if enough else (middle, high)
    return high


def quantise(x: np.ndarray, by: Split) -> np.ndarray:
    """Integers of components : [...], int64; zero for those without bits."""
    return np.where(by.digital, np.round(x / by.step), 0).astype(np.int64)


def reconstruct(values: np.ndarray, by: Split) -> np.ndarray:
    """Components from their integers : [...], the mean of each interval."""
    inside = np.clip(values, -LARGEST, LARGEST)
    points = quantiser().points[by.row, inside + LARGEST]
    return by.digital * np.where(inside == values, points, values) * by.step


def encode(values: np.ndarray, by: Split) -> np.ndarray:
    """Integers to bits : [num_bits], uint8; none if no component has bits."""
    order = _order(by)
    if not len(order):
        return np.zeros(0, np.uint8)
    return quantiser().coder.encode(values.ravel()[order], by.row.ravel()[order])


def num_bits(values: np.ndarray, by: Split) -> int:
    """Largest length of :func:`encode`, which is a few bits shorter at most."""
    chosen, coder = by.digital, quantiser().coder
    information = coder.num_bits(values[chosen], by.row[chosen])
    return int(np.ceil(information)) + 2 if information else 0


def num_symbols(length: int, mcs: int) -> int:
    """Channel uses of ``length`` bits, of which there may be none."""
    return side_information.num_symbols(length, mcs) if length else 0


def send(values: np.ndarray, by: Split, mcs: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Integers to symbols [n], complex64, code blocks [C, K], uint8, and bits sent."""
    bits = encode(values, by)
    if not len(bits):
        return np.zeros(0, np.complex64), NO_BLOCKS, 0
    return *side_information.send(bits, mcs), len(bits)


def receive(
    x_hat: np.ndarray, no: np.ndarray, length: int, mcs: int, by: Split
) -> tuple[np.ndarray | None, np.ndarray]:
    """Symbols to integers [...], ``None`` if they are lost, and decoded blocks."""
    bits, blocks = None, NO_BLOCKS
    if length:
        bits, blocks = side_information.receive(x_hat, no, length, mcs)
    return decode(bits, by), blocks


class Stream(Protocol):
    """What has a digital part."""

    num_bits: int


def carried(at: Callable[[int], S], side_db: float) -> S:
    """The fastest stream that is carried by the scheme whose price it is made for.

    Parameters
    ----------
    at : makes the stream at the price of a scheme
    side_db : Es/N0 that it must survive
    """
    for mcs in range(choose(side_db, LONG), -1, -1):
        stream = at(mcs)  # a short stream needs a more robust scheme
        if not stream.num_bits or carries(mcs, side_db, stream.num_bits):
            break
    return stream


def decode(bits: np.ndarray | None, by: Split) -> np.ndarray | None:
    """Bits to integers [...]; ``None`` if the bits are lost or not an encoder's."""
    order, values = _order(by), np.zeros(by.row.shape, np.int64)
    if not len(order):
        return values
    if bits is None:
        return None
    try:
        values.ravel()[order] = quantiser().coder.decode(bits, by.row.ravel()[order])
    except ValueError:
        return None  # one erroneous block in 2^24 passes its CRC
    return values


def _order(by: Split) -> np.ndarray:
    """Components with bits, table by table: the coder is fast in long runs."""
    chosen = np.flatnonzero(by.digital)
    return chosen[np.argsort(by.row.ravel()[chosen], kind="stable")]


def _row(ratio: np.ndarray) -> np.ndarray:
    """Table of a deviation in steps."""
    octaves = np.log2(np.maximum(ratio, 2.0**LOWEST)) - LOWEST
    last = (HIGHEST - LOWEST) * PER_OCTAVE
    return np.clip(np.round(octaves * PER_OCTAVE), 0, last).astype(np.int64)
