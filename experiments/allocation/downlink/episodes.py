"""What the agents of the downlink see and do, step by step.

A *placement* is an episode of K steps: in step k, user k gets a subchannel and bits.
A *division* is one step: users with subchannels and bits share power and bandwidth.
"""

from typing import NamedTuple

import numpy as np

from experiments.allocation.downlink.bandwidth import Users, limits
from experiments.allocation.downlink.cell import Cell, Decision, Scenes
from experiments.allocation.downlink.optima import payoffs
from experiments.allocation.downlink.qos import BITS, MOST_BITS

SHARPNESS = 4.0  # of shares: largest ratio of two of them is e^(2 * 4)
DECIBELS = 10 / np.log(10) / 10  # a feature of 1 is 10 dB


class Placed(NamedTuple):
    """Subchannels and bits of the users so far : [B, K]; -1 and 0 of the others."""

    subchannel: np.ndarray
    bits: np.ndarray


def nothing(count: int, cell: Cell) -> Placed:
    """The placement before the first step."""
    shape = (count, cell.users)
    return Placed(np.full(shape, -1), np.zeros(shape, int))


def actions(cell: Cell) -> int:
    """Number of actions of a step of a placement."""
    return cell.subchannels * MOST_BITS


def place(placed: Placed, step: int, action: np.ndarray) -> Placed:
    """The placement after a step with actions [B]."""
    after = Placed(*map(np.array, placed))
    after.subchannel[:, step], bits = np.divmod(action, MOST_BITS)
    after.bits[:, step] = BITS[bits]
    return after


def allowed(placed: Placed, cell: Cell) -> np.ndarray:
    """Actions that a step may take : [B, actions], 1 or 0.

    With one antenna, users cannot share a subchannel.
    """
    free = 1 - _taken(placed, cell).max(axis=1)
    if cell.antennas > 1:
        free = np.ones_like(free)
    return np.repeat(free, MOST_BITS, axis=1).astype(np.int32)


def placing_view(scene: Scenes, cell: Cell, placed: Placed, step: int) -> np.ndarray:
    """What the agent of a placement sees : [B, D], float32.

    Gains of all users on all subchannels, their numbers of features, what was placed,
    and how far channels are apart. The users are in the order of their steps, from the
    current one on, so that one network serves all steps.
    """
    order = np.roll(np.arange(cell.users), -step)
    count = len(scene.features)
    parts = [
        DECIBELS * np.log(scene.gain[:, order]).reshape(count, -1) - 1,
        np.log(scene.features[:, order] / 4),
        payoffs(scene, cell)[1][:, order].reshape(count, -1),
        _taken(placed, cell)[:, order].reshape(count, -1),
        placed.bits[:, order] / MOST_BITS,
        np.full((count, 1), step / cell.users),
    ]
    if cell.antennas > 1:
        parts.append(_alignment(scene)[:, order][:, :, order].reshape(count, -1))
    return np.concatenate(parts, axis=1).astype(np.float32)


def dividing_view(scene: Scenes, cell: Cell, placed: Placed) -> np.ndarray:
    """What the agent of a division sees : [B, D], float32.

    Gain of each user on its subchannel, its bits and features, who shares a subchannel,
    and how far the channels of those are apart.
    """
    count = len(scene.features)
    own = np.take_along_axis(scene.gain, placed.subchannel[..., None], axis=2)[..., 0]
    together = placed.subchannel[:, :, None] == placed.subchannel[:, None, :]
    parts = [
        DECIBELS * np.log(own) - 1,
        np.log(placed.bits / 3),
        np.log(scene.features / 4),
        _least_shares(scene, cell, placed, own),
    ]
    if cell.antennas > 1:
        index = placed.subchannel[:, :, None, None]
        apart = np.take_along_axis(_alignment(scene), index, axis=3)[..., 0]
        above = np.triu_indices(cell.users, 1)
        parts += [together[:, *above], (apart * together)[:, *above]]
    return np.concatenate(parts, axis=1).reshape(count, -1).astype(np.float32)


def divide(placed: Placed, action: np.ndarray) -> Decision:
    """A decision from an action [B, 2 K] or [B, K] in [-1, 1].

    The first K values share the bandwidth, the others the power; without others, powers
    are equal.
    """
    users = placed.bits.shape[1]
    width = _softmax(SHARPNESS * action[:, :users])
    power = _softmax(SHARPNESS * action[:, users:])
    if not power.size:
        power = np.full_like(width, 1 / users)
    return Decision(placed.subchannel, placed.bits, power, width)


def bounded(scores: np.ndarray, users: int) -> np.ndarray:
    """Actions of the scores of an actor : [B, A], without a common shift."""
    groups = scores.reshape(len(scores), -1, users)
    return np.tanh(groups - groups.mean(axis=-1, keepdims=True)).reshape(scores.shape)


def _least_shares(scene: Scenes, cell: Cell, placed: Placed, gain) -> np.ndarray:
    """Least and largest bandwidth at which users count, at equal powers : [B, 2 K].

    Users of one subchannel are taken as if they were alone; at most 2 in the logarithm.
    """
    users = Users(placed.bits, scene.features, gain / cell.users)
    low, high = limits(users, cell.needs)
    seen = np.concatenate([low, high], axis=1)
    return np.clip(np.log(np.maximum(seen, 1e-9) * cell.users), -2, 2)


def _taken(placed: Placed, cell: Cell) -> np.ndarray:
    """Who has which subchannel : [B, K, N], 1 or 0."""
    every = np.arange(cell.subchannels)
    return (placed.subchannel[..., None] == every).astype(float)


def _alignment(scene: Scenes) -> np.ndarray:
    """Squared cosine between the channels of two users : [B, K, K, N]."""
    unit = scene.channel / np.sqrt(scene.gain)[..., None]
    return np.abs(np.einsum("bknm,bjnm->bkjn", unit.conj(), unit)) ** 2


def _softmax(scores: np.ndarray) -> np.ndarray:
    if not scores.size:
        return scores
    values = np.exp(scores - scores.max(axis=1, keepdims=True))
    return values / values.sum(axis=1, keepdims=True)
