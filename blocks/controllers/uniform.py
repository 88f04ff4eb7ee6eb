"""The same rate at every position: the level of the mean entropy."""

from typing import NamedTuple

import numpy as np

from blocks.learned.controllers import Controller
from blocks.nn.jscc import level_edges


class Features(NamedTuple):
    """Features of the uniform rate.

    mean : mean of the entropy map, bits; entropies are multiples of 1/256, so their sum
        in float64 is exact in any order
    shape : shape of the map
    """

    mean: float
    shape: tuple[int, ...]


class Uniform:
    """One level, the nearest to eta times the mean entropy, without dither."""

    signalled = False

    def features(self, networks, view) -> Features:
        entropy = view.statistics.entropy
        return Features(float(np.mean(entropy, dtype=np.float64)), entropy.shape)

    def rate_map(self, networks, features: Features, at) -> np.ndarray:
        edges = level_edges(networks.codec.profile.channels)
        level = np.searchsorted(edges, features.mean * at.eta)
        return np.full(features.shape, level, np.int32)


def build() -> Controller:
    """Build the controller; it has no parameters."""
    return Uniform()
