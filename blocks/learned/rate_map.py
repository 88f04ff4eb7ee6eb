"""Rate maps that are sent: each level, given the one that the entropy map suggests.

Where rates follow what only the transmitter knows, such as the likelihood of the
latents, the map is part of the signal.
"""

from functools import cache
from typing import Any

import numpy as np

from blocks.nn.jscc import LEVELS
from blocks.phy.side_information import EntropyCoder, fixed_point

DECAY = 0.4  # of the probability of a level with its distance from the suggestion


class SignalledMap:
    """A controller whose rate map is sent.

    Parameters
    ----------
    rates : has ``features`` and ``rate_map`` as a controller, which only the
        transmitter can evaluate
    """

    signalled = True

    def __init__(self, rates: Any):
        self._rates = rates

    def features(self, networks, view):
        """The entropy map, and at the transmitter what the rate map follows from."""
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
    """The coder of levels, with a table for each level that can be suggested."""
    distance = np.abs(np.subtract.outer(*2 * (np.arange(len(LEVELS)),)))
    return EntropyCoder(fixed_point(DECAY**distance))


def encode(level: np.ndarray, suggested: np.ndarray) -> np.ndarray:
    """Levels [1, h, w] to bits [n], uint8."""
    return coder().encode(level.ravel(), suggested.ravel())


def decode(bits: np.ndarray, suggested: np.ndarray) -> np.ndarray:
    """Bits to levels [1, h, w], int32."""
    level = coder().decode(bits, suggested.ravel())
    return level.reshape(suggested.shape).astype(np.int32)
