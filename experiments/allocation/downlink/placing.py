"""Heuristics of the downlink: who gets which subchannel, bits, power and bandwidth."""

from collections.abc import Sequence
from functools import partial
from itertools import product
from typing import NamedTuple

import numpy as np

from experiments.allocation.downlink.cell import (
    BANDWIDTH,
    Cell,
    Decision,
    Scenes,
    served,
)
from experiments.allocation.downlink.episodes import Placed
from experiments.allocation.downlink.optima import chosen, equally, payoffs
from experiments.allocation.downlink.qos import BITS, best_bits

EXPONENTS = (-1.5, -1.0, -0.5, 0.0, 0.5, 1.0)  # of gains and numbers of features


class Exponents(NamedTuple):
    """Shares in proportion to powers of gain and load.

    power : of the gain, for the power
    bandwidth : of the gain, for the bandwidth
    load : of the number of features, for the bandwidth
    """

    power: float
    bandwidth: float
    load: float


def own_subchannels(scene: Scenes, bits) -> Placed:
    """User k on subchannel k, with bits [B, K] or the same for all."""
    count, users = scene.features.shape
    return Placed(
        np.tile(np.arange(users), (count, 1)), np.broadcast_to(bits, (count, users))
    )


def random_placement(scene: Scenes, cell: Cell, rng: np.random.Generator) -> Placed:
    """Subchannels at random, different ones with one antenna, and random bits."""
    shape = scene.features.shape
    every = np.tile(np.arange(cell.subchannels), (shape[0], 1))
    subchannel = rng.permuted(every, axis=1)[:, : cell.users]
    if cell.antennas > 1:
        subchannel = rng.integers(cell.subchannels, size=shape)
    return Placed(subchannel, rng.choice(BITS, shape))


def random_shares(placed: Placed, rng: np.random.Generator, powers: bool) -> Decision:
    """All of the bandwidth at random; the power likewise, or equal."""
    shape = placed.bits.shape
    width = rng.dirichlet(np.ones(shape[1]), shape[0])
    power = rng.dirichlet(np.ones(shape[1]), shape[0])
    if not powers:
        power = np.full(shape, 1 / shape[1])
    return Decision(placed.subchannel, placed.bits, power, width)


def greedy(scene: Scenes, cell: Cell) -> Decision:
    """The best pair of user and subchannel first, then the best of those left.

    Powers and bandwidths are equal, and each user has a subchannel of its own.
    """
    bits, values = payoffs(scene, cell)
    # where nothing counts, the gain decides
    left = values + 1e-6 * scene.gain / scene.gain.max(axis=(1, 2), keepdims=True)
    rows = np.arange(len(left))
    subchannel = np.zeros(scene.features.shape, int)
    for _ in range(cell.users):
        best = left.reshape(len(left), -1).argmax(axis=1)
        user, place = np.divmod(best, cell.subchannels)
        subchannel[rows, user] = place
        left[rows, user], left[rows, :, place] = -np.inf, -np.inf
    return equally(subchannel, chosen(bits, subchannel))


def tuned_bits(scene: Scenes, cell: Cell) -> int:
    """Bits, the same for all users on their own subchannels, best on training draws."""
    values = [
        served(scene, equally(*own_subchannels(scene, bits)), cell.needs).mean()
        for bits in BITS
    ]
    return int(BITS[int(np.argmax(values))])


def by_exponents(
    scene: Scenes, cell: Cell, at: Exponents, placed: Placed, keep_bits: bool
) -> Decision:
    """Shares by powers of gain and load; the best bits for them, or those given."""
    gain = chosen(scene.gain, placed.subchannel)
    power = _shares(gain**at.power)
    width = _shares(gain**at.bandwidth * scene.features**at.load)
    bits = placed.bits
    if not keep_bits:
        snr = gain * power / width
        bits, _ = best_bits(scene.features, BANDWIDTH * width, snr, cell.needs)
    return Decision(placed.subchannel, bits, power, width)


def tuned_exponents(
    scene: Scenes, cell: Cell, placed: Placed, keep_bits: bool, powers: bool
) -> Exponents:
    """The exponents of the largest QoS on training draws."""
    grid = EXPONENTS if powers else (0.0,)
    tried = [Exponents(*each) for each in product(grid, EXPONENTS, EXPONENTS)]
    made = partial(by_exponents, scene, cell, placed=placed, keep_bits=keep_bits)
    values = [served(scene, made(at=one), cell.needs).mean() for one in tried]
    return tried[int(np.argmax(values))]


def mixed(parts: Sequence[Placed], rng: np.random.Generator) -> Placed:
    """One of several placements for each draw, at random."""
    which = rng.integers(len(parts), size=len(parts[0].bits))
    rows = np.arange(len(which))
    return Placed(*(np.stack(v)[which, rows] for v in zip(*parts, strict=True)))


def _shares(values: np.ndarray) -> np.ndarray:
    return values / values.sum(axis=-1, keepdims=True)
