"""Random draws of users that share a total power.

Gains are those of Rayleigh block fading, exponential with mean 1, independent of each
other. K users have a total power of K. The mean SNR is that of a user who gets an equal
share: 1 / N0.
"""

from typing import NamedTuple

import numpy as np

from blocks.importances import WEIGHTS
from semlink.rng import seed_of
from semlink.units import db_to_linear

WEAKEST = 1e-6  # least gain, so that N0 / g is finite
DEVIATIONS = (0.25, 1.0)  # range of the deviations, uniform in the logarithm


class Draws(NamedTuple):
    """Draws of K users : [B, K] each.

    importance : w, one of the levels of ``blocks.importances``
    deviation : s
    noise : N0 / g
    """

    importance: np.ndarray
    deviation: np.ndarray
    noise: np.ndarray

    @property
    def weight(self) -> np.ndarray:
        """Weight of the distortion of each user, w s^2 : [B, K]."""
        return self.importance * self.deviation**2

    @property
    def total(self) -> float:
        """Total power."""
        return float(self.noise.shape[1])


def drawn(rng: np.random.Generator, count: int, users: int, snr_db) -> Draws:
    """Draw users.

    Parameters
    ----------
    rng : generator of the draws
    count : B, number of draws
    users : K, number of users
    snr_db : mean SNR [dB], one for all draws or [B, 1]
    """
    shape = (count, users)
    gain = np.maximum(rng.exponential(size=shape), WEAKEST)
    low, high = np.log(DEVIATIONS)
    return Draws(
        importance=rng.choice(WEIGHTS, shape),
        deviation=np.exp(rng.uniform(low, high, shape)),
        noise=db_to_linear(-np.asarray(snr_db, float)) / gain,
    )


def generator(seed: int, role: str, *where: int) -> np.random.Generator:
    """The generator of a role, independent of those of other roles."""
    return np.random.default_rng(seed_of(seed, f"allocation {role}", *where))
