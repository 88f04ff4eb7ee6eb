"""More rate, and more power, where it matters; the map of importance is signalled.

The rate of a position follows the entropy of its latents in quantiser steps that are
finer by the square root of its weight, and coarser elsewhere. Power follows the weights
by :mod:`blocks.learned.power`.
"""

from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
from pydantic import Field

from blocks import importances
from blocks.importances import WEIGHTS, Checked
from blocks.learned.controllers import SignallingController
from blocks.learned.power import OPTIMUM, Allocation, Rule
from blocks.nn.entropy import SCALES
from blocks.nn.jscc import ENTROPIES, FINE
from blocks.phy.level_map import LevelMaps

_MAPS = LevelMaps(len(WEIGHTS))
# entries of the table of deviations by which a level is finer
_FINER = np.round(
    np.log(np.sqrt(WEIGHTS)) / np.log(SCALES[1] / SCALES[0])
).astype(np.int64)  # fmt: skip


class Features(NamedTuple):
    """Features of a picture for the rate.

    index : [1, h, w, M], int32, deviations of the latents
    levels : [1, h, w], uint8, levels of importance; ``None`` at the receiver
    entropy : [1, h, w], float32, weighted, bits; ``None`` at the receiver
    """

    index: np.ndarray
    levels: np.ndarray | None = None
    entropy: np.ndarray | None = None


class Roi:
    """Rate and power by importance.

    Parameters
    ----------
    importance : component that gives the map
    rate : whether rates follow it
    power : how power follows it; ``None`` if it does not
    """

    signalled = True

    def __init__(self, importance: Checked, rate: bool, power: Allocation | None):
        self._importance, self._rate, self.power = importance, rate, power
        self.hears_query, self.oracle = importance.hears_query, importance.oracle

    def features(self, networks, view) -> Features:
        index = view.statistics.index
        if view.sample is None:
            return Features(index)
        levels = _on(index.shape[1:3], self._importance(view.sample))[None]
        return Features(index, levels, self._entropy(index, levels))

    def rate_map(self, networks, features: Features, at) -> np.ndarray:
        return networks.levels(features.entropy, at.eta)

    def encode(self, networks, features: Features, at, level: np.ndarray) -> np.ndarray:
        # a map without regions has a bit, as the receiver takes no side for none
        return np.append(_MAPS.encode(features.levels[0]), np.uint8(1))

    def decode(self, networks, features: Features, at, bits: np.ndarray) -> np.ndarray:
        levels = self.importance_of(bits, features.index.shape[:3])
        entropy = self._entropy(features.index, levels)
        return networks.levels(entropy, at.eta)

    def importance_of(self, bits: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Levels of importance from signalled bits, at either end : [1, h, w], uint8.

        Raises
        ------
        ValueError
            No map has these bits.
        """
        return _MAPS.decode(bits[:-1], shape[1:])[None]

    def _entropy(self, index: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Weighted entropy of positions : [1, h, w], float32; integers until then."""
        finer = _FINER[levels] if self._rate else np.zeros(levels.shape, np.int64)
        finer -= int(finer.sum()) // finer.size
        weighted = np.clip(index + finer[..., None], 0, len(SCALES) - 1)
        total = np.take(ENTROPIES, weighted).sum(axis=-1)
        return (total / FINE).astype(np.float32)


def _on(shape: tuple[int, int], levels: np.ndarray) -> np.ndarray:
    """A map on the grid of the latents, whose last cells lie outside the picture."""
    room = [(0, n - m) for n, m in zip(shape, levels.shape, strict=True)]
    return np.pad(levels, room, mode="edge")


def build(
    importance: str = "detector",
    rate: bool = True,
    power: Rule = "none",
    exponent: Annotated[float, Field(ge=0, le=2)] = OPTIMUM,
) -> SignallingController:
    """Build the controller.

    Parameters
    ----------
    importance : what matters: ``detector``, ``query``, ``saliency``, ``annotations``
    rate : whether rates follow importance
    power : ``optimal``, the least weighted error for the noise; ``importance``, power
        in proportion to the weights to the power of ``exponent``; or ``none``
    exponent : of the weights in the power allocation
    """
    made = importances.importance(importance) or importances.nothing()
    allocation = None if power == "none" else Allocation(power, exponent)
    return Roi(made, rate, allocation)


def files(importance: str, **_) -> list[Path]:
    """Files that the results depend on: the source of a plug-in."""
    return importances.files_of(importance)
