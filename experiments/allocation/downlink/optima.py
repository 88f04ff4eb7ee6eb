"""Optima of the downlink: linear assignment, and exhaustive search of small cells."""

from collections.abc import Sequence
from itertools import product

import numpy as np

from experiments.allocation.downlink.cell import (
    BANDWIDTH,
    Cell,
    Decision,
    Scenes,
    served,
    sinr,
)
from experiments.allocation.downlink.qos import best_bits

GRID = 49  # points of a share in the first search
ZOOMS = 2  # finer searches around the best point
FINER, FINER_GRID = 8, 17  # each is narrower by this factor, and has these points
BATCH = 64  # scenes at a time


def equally(subchannel: np.ndarray, bits: np.ndarray) -> Decision:
    """A decision with equal powers and bandwidths."""
    share = np.full(subchannel.shape, 1 / subchannel.shape[1])
    return Decision(subchannel, bits, share, share)


def payoffs(scene: Scenes, cell: Cell) -> tuple[np.ndarray, np.ndarray]:
    """Best bits and QoS of each user on each subchannel : [B, K, N] twice.

    The user is alone there, and powers and bandwidths are equal.
    """
    features = np.broadcast_to(scene.features[..., None], scene.gain.shape)
    width = np.full_like(scene.gain, BANDWIDTH / cell.users)
    return best_bits(features, width, scene.gain, cell.needs)


def hungarian(scene: Scenes, cell: Cell) -> Decision:
    """Subchannels and bits of the largest sum of QoS, at equal powers and bandwidths.

    Each user has a subchannel of its own, so the sum is that of a linear assignment
    with the best bits of every pair inside.

    References
    ----------
    D. Crouse, "On implementing 2D rectangular assignment algorithms", IEEE TAES, 2016
    (in :func:`scipy.optimize.linear_sum_assignment`).
    """
    from scipy.optimize import linear_sum_assignment

    bits, values = payoffs(scene, cell)
    found = [linear_sum_assignment(value, maximize=True)[1] for value in values]
    return equally(np.array(found), chosen(bits, np.array(found)))


def chosen(values: np.ndarray, subchannel: np.ndarray) -> np.ndarray:
    """Values of the users' own subchannels : [B, K, N], [B, K] -> [B, K]."""
    return np.take_along_axis(values, subchannel[..., None], axis=2)[..., 0]


def exhaustive(scene: Scenes, cell: Cell) -> Decision:
    """The best decision for two users, by search of everything at once.

    All pairs of subchannels, a grid of power and bandwidth shares, and both kinds of
    beams are tried, with the best bits of each user inside. The grid is refined around
    the best point of each pair of subchannels.
    """
    pairs = product(range(cell.subchannels), repeat=2)
    found = [
        searched_shares(scene, cell, np.tile(pair, (len(scene.features), 1)))
        for pair in pairs
    ]
    return _best(scene, cell, found)


def searched_shares(scene: Scenes, cell: Cell, subchannel: np.ndarray) -> Decision:
    """The best shares and bits of two users on given subchannels [B, 2], by search."""
    found = []
    for zero_forcing in (False, True):
        parts = [
            _shared(
                Scenes(*(v[i : i + BATCH] for v in scene)), cell, place, zero_forcing
            )
            for i in range(0, len(subchannel), BATCH)
            for place in [subchannel[i : i + BATCH]]
        ]
        found.append(Decision(*map(np.concatenate, zip(*parts, strict=True))))
        if not np.any(subchannel[:, 0] == subchannel[:, 1]):
            break  # users who are alone have the same beams by both
    return _best(scene, cell, found)


def corrected(scene: Scenes, cell: Cell, decision: Decision) -> Decision:
    """A decision with the best bits for its subchannels and shares."""
    found = []
    for zero_forcing in (False, True):
        ratio, width = sinr(scene, decision, zero_forcing)
        bits, _ = best_bits(scene.features, width, ratio, cell.needs)
        found.append(decision._replace(bits=bits))
    return _best(scene, cell, found)


def _shared(scene: Scenes, cell: Cell, place, zero_forcing: bool) -> Decision:
    """The best shares of two users on given subchannels."""
    count = len(place)
    middle, reach = np.full((count, 2), 0.5), 0.5
    for points in (GRID, *ZOOMS * [FINER_GRID]):
        tried = np.clip(middle[:, None] + reach * _square(points), 0, 1)
        values, _ = _valued(scene, cell, place, zero_forcing, tried)
        best = np.argmax(values, axis=1)
        middle = tried[np.arange(count), best]
        reach = reach / FINER
    _, bits = _valued(scene, cell, place, zero_forcing, middle[:, None])
    power, width = (np.stack([v, 1 - v], axis=1) for v in middle.T)
    return Decision(place, bits[:, 0], power, width)


def _square(points: int) -> np.ndarray:
    """A grid of the square from -1 to 1 : [points^2, 2]."""
    steps = np.linspace(-1, 1, points)
    return np.stack(np.meshgrid(steps, steps, indexing="ij"), -1).reshape(-1, 2)


def _valued(scene: Scenes, cell: Cell, place, zero_forcing: bool, shares):
    """Sums of QoS [B, G], and bits [B, G, 2], of first users' shares [B, G, 2]."""
    count, points = shares.shape[:2]
    wide = Scenes(*(np.repeat(v, points, axis=0) for v in scene))
    first = shares.reshape(-1, 2)
    power, width = (np.stack([v, 1 - v], axis=1) for v in first.T)
    places = np.repeat(place, points, axis=0)
    decision = Decision(places, np.ones_like(places), power, width)
    ratio, own = sinr(wide, decision, zero_forcing)
    bits, value = best_bits(wide.features, own, ratio, cell.needs)
    return value.sum(axis=1).reshape(count, points), bits.reshape(count, points, 2)


def _best(scene: Scenes, cell: Cell, decisions: Sequence[Decision]) -> Decision:
    """The best of several decisions for each scene."""
    values = [served(scene, decision, cell.needs) for decision in decisions]
    which, rows = np.argmax(values, axis=0), np.arange(len(scene.features))
    parts = zip(*decisions, strict=True)
    return Decision(*(np.stack(part)[which, rows] for part in parts))
