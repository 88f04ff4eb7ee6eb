"""A task-weighted KLT of feature maps, whose coefficients are independent and ordered.

A map [14, 14, 112] is transformed by a DCT over its positions, then by a KLT over its
channels, one for each band of spatial frequency. The KLT weights errors by the Fisher
information F of the decision: an error e of the features changes the decision by a
Kullback-Leibler divergence of e' F e / 2, and the coefficients y = T (x - mean) are
scaled so that this is about |T e|^2 / 2. T is invertible, so nothing is lost if all
coefficients arrive.
"""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.fft import dctn, idctn

FILE = Path(__file__).with_name("statistics.npz")
SIDE, CHANNELS = 14, 112
SIZE = SIDE * SIDE * CHANNELS
EDGES = (0.5, 1.5, 3.0, 5.5)  # of the bands, in half periods over the map


class Transform(NamedTuple):
    """Statistics of features, which both ends share.

    mean : [14, 14, 112], float32
    forward : [bands, 112, 112], rows are the vectors of the KLT
    inverse : [bands, 112, 112]
    sigma : [14, 14, 112], float64, deviation of each coefficient
    """

    mean: np.ndarray
    forward: np.ndarray
    inverse: np.ndarray
    sigma: np.ndarray


@lru_cache(maxsize=1)
def shipped() -> Transform:
    """Read the shipped statistics."""
    with np.load(FILE) as data:
        return transform_of(data["mean"], data["forward"], data["sigma"])


def transform_of(mean, forward, sigma) -> Transform:
    """A transform from its statistics, in any precision."""
    forward = np.asarray(forward, np.float64)
    inverse = np.linalg.inv(forward)
    return Transform(
        np.asarray(mean, np.float32),
        forward.astype(np.float32),
        inverse.astype(np.float32),
        np.asarray(sigma, np.float64),
    )


def bands() -> np.ndarray:
    """Band of each spatial frequency : [14, 14], int."""
    frequency = np.hypot(*np.mgrid[:SIDE, :SIDE])
    return np.digitize(frequency, EDGES)


def analyse(features: np.ndarray, transform: Transform) -> np.ndarray:
    """Coefficients of feature maps : [..., 14, 14, 112] to the same, float32."""
    x = dctn(features - transform.mean, axes=(-3, -2), norm="ortho")
    return _by_band(x, transform.forward)


def synthesise(coefficients: np.ndarray, transform: Transform) -> np.ndarray:
    """Feature maps of coefficients : [..., 14, 14, 112] to the same, float32."""
    x = _by_band(coefficients, transform.inverse)
    return idctn(x, axes=(-3, -2), norm="ortho") + transform.mean


def order(sigma: np.ndarray) -> np.ndarray:
    """Places of the coefficients by falling deviation : [21952], int."""
    return np.argsort(-sigma, axis=None, kind="stable")


def _by_band(x: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Multiply the channels of each frequency by the matrix of its band."""
    result, band = np.empty(x.shape, np.float32), bands()
    for number, matrix in enumerate(matrices):
        chosen = band == number
        result[..., chosen, :] = x[..., chosen, :] @ matrix.T
    return result
