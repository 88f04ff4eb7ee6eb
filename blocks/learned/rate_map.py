"""Signalled rate maps: each level is coded given the level of the rate preset.

A map that follows from knowledge of the transmitter alone, such as the likelihood of
the latents, must be signalled.
"""

from functools import cache
from typing import Any

import numpy as np

from blocks.nn.jscc import LEVELS
from blocks.phy.side_information import EntropyCoder, fixed_point

DECAY = 0.4  # decay of the probability of a level per level of distance to the preset


class SignalledMap:
    """A controller that signals its rate map.

    Parameters
    ----------
    rates : ``features`` and ``rate_map`` of a controller, evaluated at the transmitter
        alone
    """

    signalled = True

    def __init__(self, rates: Any):
        self._rates = rates

    def features(self, networks, view):
        """The entropy map and, at the transmitter, the features of the rate map."""
        sends = view.sample is not None
        own = self._rates.features(networks, view) if sends else None
        return view.statistics.entropy, own

    def rate_map(self, networks, features, at) -> np.ndarray:
        return self._rates.rate_map(networks, features[1], at)

    def encode(self, networks, features, at, level: np.ndarray) -> np.ndarray:
        return encode(level, networks.levels(features[0], at.eta))

    def decode(self, networks, features, at, bits: np.ndarray) -> np.ndarray:
        return decode(bits, networks.levels(features[0], at.eta))


@cache
def coder() -> EntropyCoder:
    """The coder of levels, with a table for each level of the preset."""
    distance = np.abs(np.subtract.outer(*2 * (np.arange(len(LEVELS)),)))
    return EntropyCoder(fixed_point(DECAY**distance))


def encode(level: np.ndarray, suggested: np.ndarray) -> np.ndarray:
    """Levels [1, h, w] to bits [n], uint8."""
    return coder().encode(level.ravel(), suggested.ravel())


def decode(bits: np.ndarray, suggested: np.ndarray) -> np.ndarray:
    """Bits to levels [1, h, w], int32."""
    level = coder().decode(bits, suggested.ravel())
    return level.reshape(suggested.shape).astype(np.int32)
