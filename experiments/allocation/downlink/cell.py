"""A base station that serves users on subchannels, with beams in closed form.

Every user is on one subchannel. Users of a subchannel pool their shares of the
bandwidth and use all of it at once, on beams of their own; other subchannels do not
disturb them. A subchannel is flat. Beams have unit norm and point to the user (MRT), or
to the part of the user's channel that is orthogonal to those of the others on the
subchannel (zero-forcing). A user alone on a subchannel has the same beam by both.
"""

from typing import NamedTuple

import numpy as np

from experiments.allocation.downlink.qos import Needs, quality
from semlink.units import db_to_linear

BANDWIDTH = 1.0  # of all subchannels together [MHz]
FEATURES = (2.0, 8.0)  # range of the number of features of a user [thousands]
NO_DIRECTION = 1e-9  # norm of a beam below which zero-forcing has no direction


class Cell(NamedTuple):
    """What the draws have in common.

    users, subchannels, antennas : K, N, M
    snr_db : mean SNR [dB] at each antenna, if power and bandwidth are shared equally
    needs : of the service
    """

    users: int
    subchannels: int
    antennas: int
    snr_db: float = 15.0
    needs: Needs = Needs()


class Scenes(NamedTuple):
    """Draws of a cell.

    channel : [B, K, N, M], complex, CN(0, 1), times the root of the mean SNR
    features : [B, K], number of features of each user [thousands]
    """

    channel: np.ndarray
    features: np.ndarray

    @property
    def gain(self) -> np.ndarray:
        """Squared norms of the channels : [B, K, N]."""
        return np.sum(np.abs(self.channel) ** 2, axis=-1)


class Decision(NamedTuple):
    """An allocation for each draw : [B, K] each.

    subchannel : number of the user's subchannel
    bits : q
    power, bandwidth : shares of the user, at most 1 in sum
    """

    subchannel: np.ndarray
    bits: np.ndarray
    power: np.ndarray
    bandwidth: np.ndarray


def scenes(rng: np.random.Generator, count: int, cell: Cell) -> Scenes:
    """Draw a number of scenes."""
    shape = (count, cell.users, cell.subchannels, cell.antennas)
    parts = rng.normal(size=(2, *shape)) * np.sqrt(db_to_linear(cell.snr_db) / 2)
    features = rng.uniform(*FEATURES, (count, cell.users))
    return Scenes(parts[0] + 1j * parts[1], features)


def beams(channel: np.ndarray, together: np.ndarray, zero_forcing: bool) -> np.ndarray:
    """Beams of unit norm, or of norm 0 where zero-forcing has no direction.

    Input
    -----
    channel : [..., K, M], of each user on its own subchannel
    together : [..., K, K], whether users are on one subchannel, 1 or 0

    Output
    ------
    : [..., K, M]
    """
    found = np.array(channel)
    users = channel.shape[-2]
    for user in range(users) if zero_forcing else ():
        basis = []
        for other in range(users):
            if other != user:
                vector = channel[..., other, :] * together[..., user, other, None]
                basis.append(_unit(_without(vector, basis)))
        found[..., user, :] = _without(found[..., user, :], basis)
    return _unit(found)


def sinr(scene: Scenes, decision: Decision, zero_forcing: bool):
    """Linear SINR and bandwidth [MHz] of each user : [B, K] twice.

    The noise grows with the bandwidth. A user without power or bandwidth has SINR 0.
    """
    place = decision.subchannel[..., None, None]
    own = np.take_along_axis(scene.channel, place, axis=2)[:, :, 0]
    together = decision.subchannel[:, :, None] == decision.subchannel[:, None, :]
    beam = beams(own, together, zero_forcing)
    power = decision.power * decision.power.shape[1]
    # [B, K, K]: power at a user (second axis) of the beam of another (third axis)
    arrived = np.abs(np.einsum("bkm,bjm->bkj", own.conj(), beam)) ** 2
    arrived *= together * power[:, None, :]
    signal = np.diagonal(arrived, axis1=1, axis2=2)
    width = np.einsum("bkj,bj->bk", together, decision.bandwidth)
    noise = width * decision.power.shape[1]
    ratio = signal / np.maximum(noise + arrived.sum(axis=-1) - signal, 1e-12)
    return np.where(width > 0, ratio, 0.0), BANDWIDTH * width


def served(scene: Scenes, decision: Decision, needs: Needs) -> np.ndarray:
    """Sum of the effective QoS over users, on the better of both kinds of beams : [B].

    Both are computed; the base station takes the better one for each draw.
    """
    sums = []
    for zero_forcing in (False, True):
        ratio, width = sinr(scene, decision, zero_forcing)
        parts = decision.bits, scene.features, width, ratio
        sums.append(quality(*parts, needs).sum(axis=-1))
    return np.maximum(*sums)


def _without(vector: np.ndarray, basis) -> np.ndarray:
    """A vector less its projections on orthonormal vectors : [..., M]."""
    for one in basis:
        vector = vector - one * np.sum(one.conj() * vector, axis=-1, keepdims=True)
    return vector


def _unit(vector: np.ndarray) -> np.ndarray:
    norm = np.linalg.norm(vector, axis=-1, keepdims=True)
    return np.where(norm > NO_DIRECTION, vector / np.maximum(norm, NO_DIRECTION), 0)
