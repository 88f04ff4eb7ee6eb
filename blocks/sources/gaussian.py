"""A Gaussian source, whose rate-distortion function is known."""

from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from blocks.sources.images import ImageSet

_Size = Annotated[int, Field(gt=0)]


def build(
    count: _Size = 16,
    height: _Size = 64,
    width: _Size = 64,
    seed: Annotated[int, Field(ge=0)] = 0,
) -> ImageSet:
    """Images of i.i.d. N(0, 1) values, float32, each from its own seed.

    The least mean squared error of any code is ``D(R) = 2^(-2R)`` per value, with R in
    bits per value [CT]_ (:func:`distortion_rate`).

    Parameters
    ----------
    count : number of images
    height, width : of each image [pixels]
    seed : seed of the set; image ``i`` depends on (seed, i) alone

    References
    ----------
    .. [CT] Cover, Thomas, Elements of Information Theory, 2nd ed., Theorem 10.3.2.
    """

    def load(index: int) -> np.ndarray:
        rng = np.random.default_rng(np.random.SeedSequence([seed, index]))
        return rng.standard_normal((height, width, 3), np.float32)

    names = [f"gaussian-{i}" for i in range(count)]
    return ImageSet(names, load, modality="signal")


def distortion_rate(rate: ArrayLike) -> np.ndarray:
    """Least mean squared error per value at ``rate`` : [...] [bits per value]."""
    return np.exp2(-2 * np.asarray(rate, np.float64))
