"""Trained networks in NumPy: the processes of the agents hand over their weights."""

from collections.abc import Sequence

import numpy as np


def perceptron(weights: Sequence[np.ndarray], seen: np.ndarray) -> np.ndarray:
    """A network of dense layers, ReLU but for the last : [..., D] -> [..., A].

    Parameters
    ----------
    weights : kernel and bias of each layer
    """
    layers = list(zip(weights[::2], weights[1::2], strict=True))
    for kernel, bias in layers[:-1]:
        seen = np.maximum(seen @ kernel + bias, 0)
    return seen @ layers[-1][0] + layers[-1][1]


def deep_set(weights: Sequence[np.ndarray], seen: np.ndarray) -> np.ndarray:
    """A permutation-equivariant network : [B, K, D] -> [B, K, A].

    Parameters
    ----------
    weights : kernel and bias of the first layer; kernel and bias of the user, and
        kernel of the mean over users, of each middle layer; kernel and bias of the last
    """
    first, middle, last = weights[:2], weights[2:-2], weights[-2:]
    hidden = np.maximum(seen @ first[0] + first[1], 0)
    for own, bias, others in zip(*(middle[i::3] for i in range(3)), strict=True):
        mean = hidden.mean(axis=-2, keepdims=True)
        hidden = np.maximum(hidden @ own + bias + mean @ others, 0)
    return hidden @ last[0] + last[1]
