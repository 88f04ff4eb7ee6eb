"""Classes of blocks: choice of the best class, and entropy coding.

The choice minimises a cost: squared error, bandwidth and power of the coefficients, and
the bits of the class, given the classes to the left and above.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from blocks.linear.model import LinearModel
from blocks.phy.analog import distortion, floor

FREE = 1e-12  # least price of a bit


class Prices(NamedTuple):
    """Cost of a block in each class, in squared error.

    squares : [S, K - L], float32, price of each squared coefficient
    constant : [S], cost that does not depend on the coefficients
    bit : price of a bit of the class
    """

    squares: np.ndarray
    constant: np.ndarray
    bit: float


def prices(
    model: LinearModel, threshold: float, noise: float, csi: bool, efficiency: float
) -> Prices:
    """Price the classes for typical images.

    The optimum over all coefficients has one price for power and one for bandwidth; a
    coefficient at the threshold is exactly worth both.

    Parameters
    ----------
    threshold : deviation above which coefficients are sent
    noise : noise variance of a real dimension
    csi : whether power is allocated for this noise
    efficiency : bits of side information per channel use
    """
    power = _typical_power(model, threshold, noise, csi)
    population, count = model.population()
    typical = power(population)
    slope = population**2 * noise / (typical + noise) ** 2
    per_power = np.sum(count * slope * typical) / np.sum(count * typical)
    edge = np.array([threshold * (1 + 1e-9)])
    saved = edge**2 - distortion(power(edge), edge, noise)
    per_dimension = max(float((saved - per_power * power(edge))[0]), 0.0)

    sigma = model.deviation
    p = power(sigma)
    squares = np.where(p > 0, (noise / (p + noise)) ** 2, 1) + per_power * p / sigma**2
    of_noise = sigma**2 * p * noise / (p + noise) ** 2
    constant = np.sum(of_noise + per_dimension * (sigma > threshold), axis=1)
    # a channel use is two dimensions, each of half its power
    per_bit = (2 * per_dimension + per_power) / efficiency
    return Prices(squares.astype(np.float32), constant, float(per_bit))


def _typical_power(model: LinearModel, threshold: float, noise: float, csi: bool):
    """Power of a coefficient, as a function of its deviation."""
    sigma, count = model.population()
    kept = sigma > threshold
    sigma, count = sigma[kept], count[kept]
    total = count.sum() / 2
    if csi:
        lowest = floor(sigma, noise, total, count)
        level = noise / lowest
    else:
        lowest, level = 0.0, total / np.sum(count * sigma)
    return lambda s: np.where(s > threshold, level * np.maximum(s - lowest, 0), 0)


def choose_classes(
    x: np.ndarray, grid: tuple[int, int], model: LinearModel, paid: Prices
) -> np.ndarray:
    """Choose the class of each block, block by block.

    Input
    -----
    x : [B, K - L], float32, the coefficients that depend on the class

    Output
    ------
    : [B], int
    """
    cost = (x * x) @ paid.squares.T + paid.constant
    return _cheapest(cost, paid.bit, grid, model)


def choose_weighted(
    x: np.ndarray,
    scale: np.ndarray,
    grid: tuple[int, int],
    model: LinearModel,
    prices_at: Callable[[float], Prices],
) -> np.ndarray:
    """Choose the class of each block, whose coefficients have a scale.

    Coefficients of a block of scale s meet the threshold over s, and a bit has the
    price of that threshold.

    Input
    -----
    x : [B, K - L], float32, the coefficients that depend on the class, before scaling
    scale : [B], scale of each block
    prices_at : prices for a scale

    Output
    ------
    : [B], int
    """
    cost = np.zeros((len(x), model.num_classes))
    for each in np.unique(scale):
        paid, there = prices_at(float(each)), scale == each
        of_squares = (x[there] * x[there]) @ paid.squares.T
        cost[there] = (of_squares + paid.constant) / max(paid.bit, FREE)
    return _cheapest(cost, 1.0, grid, model)


def _cheapest(
    cost: np.ndarray, bit: float, grid: tuple[int, int], model: LinearModel
) -> np.ndarray:
    """The classes of least cost, bits included, block by block : [B], int.

    Input
    -----
    cost : [B, S], of the classes of each block
    bit : cost of a bit
    """
    num_classes = model.num_classes
    bits = bit * model.coder.bits[:-1]
    bits = bits.reshape(num_classes + 1, num_classes + 1, num_classes)
    chosen = np.full((grid[0] + 1, grid[1] + 1), num_classes)
    for i, row in enumerate(cost.reshape(*grid, num_classes), start=1):
        # the best class for each class of the left block
        given_left = bits[:, chosen[i - 1, 1:]] + row
        left = num_classes
        for j, best in enumerate(given_left.argmin(axis=2).T.tolist(), start=1):
            chosen[i, j] = left = best[left]
    return chosen[1:, 1:].reshape(-1)


def encode(
    gains: np.ndarray, classes: np.ndarray, grid: tuple[int, int], model: LinearModel
) -> np.ndarray:
    """Code the gains and classes of an image : [num_bits], uint8."""
    first = np.full(len(gains), len(model.coder.bits) - 1)
    rows = np.concatenate([first, context_rows(classes, grid, model.num_classes)])
    return model.coder.encode(np.concatenate([gains, classes]), rows)


def decode(
    bits: np.ndarray, grid: tuple[int, int], model: LinearModel
) -> tuple[np.ndarray, np.ndarray]:
    """Decode the gains [L] and classes [B] of an image."""
    skipped, across, none = model.num_spectral, grid[1], model.num_classes
    of_gains = len(model.coder.bits) - 1

    def row_of(before: list[int]) -> int:
        block = len(before) - skipped
        if block < 0:
            return of_gains
        left = before[-1] if block % across else none
        above = before[-across] if block >= across else none
        return left * (none + 1) + above

    count = skipped + grid[0] * grid[1]
    values = model.coder.decode_causal(bits, count, row_of)
    return values[:skipped], values[skipped:]


def context_rows(
    classes: np.ndarray, grid: tuple[int, int], num_classes: int
) -> np.ndarray:
    """Table row of each block : [B], from the classes to the left and above."""
    framed = np.full((grid[0] + 1, grid[1] + 1), num_classes)
    framed[1:, 1:] = classes.reshape(grid)
    return (framed[1:, :-1] * (num_classes + 1) + framed[:-1, 1:]).reshape(-1)
