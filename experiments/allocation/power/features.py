"""What learned power policies see of users."""

import numpy as np

from experiments.allocation.power.draws import Draws

FEATURES = 2
SPREAD = 3.0  # scale of the features
SHARPNESS = 5.0  # of the shares of SAC: their ratio is at most e^(2 * 5)


def features(draws: Draws) -> np.ndarray:
    """What a network sees of each user : [B, K, 2], float32.

    The logarithm of w s^2 less its mean over users, as a common factor changes no best
    share, and that of the SNR g / N0.
    """
    weight = np.log(draws.weight)
    weight -= weight.mean(axis=-1, keepdims=True)
    seen = np.stack([weight, -np.log(draws.noise)], axis=-1)
    return np.float32(seen / SPREAD)
