"""Power of the channel dimensions by importance, on top of a learned code.

The code allocates power for the plain squared error, ``p = [t s - N0]+``. Each
dimension is multiplied by a gain, of unit mean power again, which the receiver derives
from the signalled map and divides by; its noise is then that of the gain.

References
----------
``importance`` alone, ``P ~ w^b``: "task-oriented power allocation by semantic
importance", arXiv 2501.14832; arXiv 2505.02413.
"""

from typing import Literal, NamedTuple

import numpy as np

from blocks.importances import weights_of
from blocks.nn.codec import Side

Rule = Literal["none", "optimal", "importance"]
OPTIMUM = 0.5  # exponent of the least weighted error
MOST_DB = 18.0  # largest change of the power of a dimension, either way
LEAST = 1e-3  # power of a dimension that a code leaves silent, for ratios


class Allocation(NamedTuple):
    """How power follows importance.

    rule : ``optimal`` or ``importance``
    exponent : of the weights
    """

    rule: Rule
    exponent: float


def gains_of(shared, side: Side, bits: np.ndarray, at) -> np.ndarray | None:
    """Gains of the dimensions of a picture; ``None`` without importance.

    Input
    -----
    shared : configuration of both ends
    side : maps of the picture, after the digital layer
    bits : [n], uint8, signalled by the rate controller
    at : conditions of the codec

    Output
    ------
    : [n], float32, of the kept latents
    """
    chosen: Allocation | None = getattr(shared.controller, "power", None)
    if chosen is None:
        return None
    levels = shared.controller.importance_of(bits, side.level.shape)
    weights = weights_of(levels)[..., None] ** chosen.exponent
    kept = side.kept > 0
    change = np.broadcast_to(weights, kept.shape)[kept]
    if chosen.rule == "optimal":
        finer = side._replace(sigma=np.float32(side.sigma * weights))
        plain, weighted = (
            shared.networks.power(maps, at)[kept] for maps in (side, finer)
        )
        change = (weighted + LEAST) / (plain + LEAST)
    else:
        change = change / np.mean(change)
    most = 10 ** (MOST_DB / 10)
    return np.sqrt(np.clip(change, 1 / most, most)).astype(np.float32)


def applied(values: np.ndarray, scale: float, gain) -> tuple[np.ndarray, float]:
    """Dimensions [n] with their gains, of unit mean power again, and their scale."""
    if gain is None or not len(values):
        return values, scale
    values = values * gain
    back = 1 / np.sqrt(max(float(np.mean(np.square(values, dtype=float))), 1e-12))
    return (values * back).astype(np.float32), scale * back


def undone(values: np.ndarray, noise: np.ndarray, gain):
    """Received dimensions [n] and their noise variances, without the gains."""
    if gain is None:
        return values, noise
    return values / gain, noise / gain**2
