"""Weighted squared error in the linear code, by a map of importance.

Both ends scale coefficients and deviations by the weights to the power of an exponent
before selection and power allocation. At one half, the code then minimises the weighted
error: ``P = max(0, sqrt(w s^2 N0 / mu) - N0)``. The map is signalled.
"""

from functools import cache

import numpy as np
from scipy.fft import idct

from blocks.importances import WEIGHTS, Checked, importance, weights_of
from blocks.linear.model import LinearModel
from blocks.phy.level_map import LevelMaps
from semlink.signals import Sample

MAP_BITS = 16
OPTIMUM = 0.5  # exponent of the least weighted error
NO_BITS = np.zeros(0, np.uint8)
_MAPS = LevelMaps(len(WEIGHTS))


class Weighting:
    """Weights of the coefficients of a picture, from a map that is signalled.

    Parameters
    ----------
    word : importance component by name; with ``none``, nothing is signalled
    exponent : of the weights
    """

    def __init__(self, word: str, exponent: float):
        self.importance: Checked | None = importance(word)
        self._exponent = exponent
        self.fields = {"importance_bits": MAP_BITS} if self.importance else {}

    def bits(self, sample: Sample) -> np.ndarray:
        """The map of a picture at the transmitter, as bits [n], uint8."""
        return _MAPS.encode(self.importance(sample)) if self.importance else NO_BITS

    def scale(
        self, bits: np.ndarray, grid: tuple[int, int], model: LinearModel
    ) -> np.ndarray:
        """Factors of the coefficients of a picture, derived at both ends.

        Input
        -----
        bits : [n], uint8, the signalled map
        grid : blocks down and across, the cells of the map

        Output
        ------
        : [B, K] or broadcastable, float64; a mean square of one over blocks

        Raises
        ------
        ValueError
            No map has these bits.
        """
        if not len(bits):
            return np.ones((1, 1))
        weights = weights_of(_MAPS.decode(bits, grid))
        spectral = spectral_weights(weights) ** self._exponent
        blocks = weights**self._exponent
        columns = spectral.reshape(-1, 1), blocks.reshape(-1, 1)
        counts = model.num_spectral, model.deviation.shape[1]
        parts = [
            np.broadcast_to(column, (len(column), count))
            for column, count in zip(columns, counts, strict=True)
        ]
        return np.concatenate(parts, axis=1) / np.sqrt(np.mean(blocks**2))


def spectral_weights(weights: np.ndarray) -> np.ndarray:
    """Weights of coefficients that are transformed over the picture.

    The weight of a coefficient is that of its basis function: the mean of the weights
    of blocks by its squared values there. Independent errors have no cross terms.

    Input
    -----
    weights : [h, w], of the blocks

    Output
    ------
    : [h, w]
    """
    down, across = (_squares(n) for n in weights.shape)
    return down @ weights @ across.T


@cache
def _squares(count: int) -> np.ndarray:
    """Squared basis functions of the cosine transform, one a row : [n, n]."""
    return idct(np.eye(count), axis=1, norm="ortho") ** 2
