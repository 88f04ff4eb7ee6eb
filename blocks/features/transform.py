"""A task-weighted KLT of feature maps, whose coefficients are independent and ordered.

A map [S, S, C] is transformed by a DCT over its positions, then by a KLT over its
channels, one for each band of spatial frequency. The KLT weights errors by the Fisher
information F of the decision: an error e of the features changes the decision by a
Kullback-Leibler divergence of e' F e / 2, and the coefficients y = T (x - mean) are
scaled so that this is about |T e|^2 / 2. T is invertible, so nothing is lost if all
coefficients arrive.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.fft import dctn, idctn


class Transform(NamedTuple):
    """Statistics of features, which both ends share.

    edges : of the bands, in half periods over the map
    mean : [S, S, C], float32
    forward : [bands, C, C], rows are the vectors of the KLT
    inverse : [bands, C, C]
    sigma : [S, S, C], float64, deviation of each coefficient
    """

    edges: tuple[float, ...]
    mean: np.ndarray
    forward: np.ndarray
    inverse: np.ndarray
    sigma: np.ndarray


def transform_of(edges, mean, forward, sigma) -> Transform:
    """A transform from its statistics, in any precision."""
    forward = np.asarray(forward, np.float64)
    inverse = np.linalg.inv(forward)
    return Transform(
        tuple(edges),
        np.asarray(mean, np.float32),
        forward.astype(np.float32),
        inverse.astype(np.float32),
        np.asarray(sigma, np.float64),
    )


def bands(side: int, edges: Sequence[float]) -> np.ndarray:
    """Band of each spatial frequency : [side, side], int."""
    frequency = np.hypot(*np.mgrid[:side, :side])
    return np.digitize(frequency, edges)


def analyse(features: np.ndarray, transform: Transform) -> np.ndarray:
    """Coefficients of feature maps : [..., S, S, C] to the same, float32."""
    x = dctn(features - transform.mean, axes=(-3, -2), norm="ortho")
    return _by_band(x, transform.forward, transform)


def synthesise(coefficients: np.ndarray, transform: Transform) -> np.ndarray:
    """Feature maps of coefficients : [..., S, S, C] to the same, float32."""
    x = _by_band(coefficients, transform.inverse, transform)
    return idctn(x, axes=(-3, -2), norm="ortho") + transform.mean


def order(sigma: np.ndarray) -> np.ndarray:
    """Places of the coefficients by falling deviation : [n], int."""
    return np.argsort(-sigma, axis=None, kind="stable")


def _by_band(x: np.ndarray, matrices: np.ndarray, of: Transform) -> np.ndarray:
    """Multiply the channels of each frequency by the matrix of its band."""
    result, band = np.empty(x.shape, np.float32), bands(len(of.mean), of.edges)
    for number, matrix in enumerate(matrices):
        chosen = band == number
        result[..., chosen, :] = x[..., chosen, :] @ matrix.T
    return result
