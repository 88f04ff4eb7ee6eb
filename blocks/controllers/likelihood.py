"""Rates follow the information of the latents; the rate map is signalled and counted.

References
----------
J. Dai et al., IEEE JSAC 40(8), 2022: NTSCC as published. Deviation: the rate map is
counted.
"""

import numpy as np

from blocks.learned.controllers import SignallingController
from blocks.learned.rate_map import SignalledMap


class Likelihood:
    """The level of each position from the information of its latents."""

    def features(self, networks, view) -> np.ndarray:
        return networks.information(view.latents, view.statistics, view.quality)

    def rate_map(self, networks, features: np.ndarray, at) -> np.ndarray:
        return networks.levels(features, at.eta)


def build() -> SignallingController:
    """Build the controller; it has no parameters."""
    return SignalledMap(Likelihood())
