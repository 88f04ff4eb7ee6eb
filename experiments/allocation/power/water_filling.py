"""Closed forms of power allocation over users with different gains.

A user of gain g and power P receives a Gaussian component of deviation s with the error
``s^2 N0 / (N0 + g P)``, that of the LMMSE estimate. With the *noise at the input*
``n = N0 / g`` this is ``s^2 n / (n + P)``, and both laws have the form
``P = [level slope - n]+``.

References
----------
T. Cover, J. Thomas, *Elements of Information Theory*, 2nd ed., 2006, sec. 9.4 (rate).
K.-H. Lee, D. Petersen, "Optimal linear coding for vector channels", 1976 (distortion).
"""

import numpy as np

from blocks.powers import filled


def rate_water_filling(noise: np.ndarray, total: float) -> np.ndarray:
    """Powers of the largest sum of rates, ``[1 / mu - N0 / g]+``.

    Input
    -----
    noise : [..., K], N0 / g of each user
    total : sum of the powers

    Output
    ------
    : [..., K], powers
    """
    return filled(np.ones_like(noise), noise, total)


def distortion_water_filling(
    weight: np.ndarray, noise: np.ndarray, total: float
) -> np.ndarray:
    """Powers of the least weighted distortion, ``[s sqrt(w N0 / (mu g)) - N0 / g]+``.

    The derivative of ``w s^2 n / (n + P)`` by P is ``-w s^2 n / (n + P)^2``. It equals
    ``-mu`` at ``P = sqrt(w s^2 n / mu) - n``, and is above ``-mu`` at every P where
    this is negative. The problem is convex, so these conditions suffice.

    Input
    -----
    weight : [..., K], w s^2 of each user
    noise : [..., K], N0 / g of each user
    total : sum of the powers

    Output
    ------
    : [..., K], powers
    """
    return filled(np.sqrt(weight * noise), noise, total)


def weighted_distortion(
    weight: np.ndarray, noise: np.ndarray, power: np.ndarray
) -> np.ndarray:
    """Weighted distortion ``sum w s^2 n / (n + P)`` : [..., K] -> [...]."""
    return np.sum(weight * noise / (noise + power), axis=-1)
