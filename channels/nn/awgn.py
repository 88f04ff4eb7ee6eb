"""AWGN on real dimensions: the twin of ``channels/awgn.py``."""

import keras
from keras import ops


def awgn(x, no, seed):
    """Add noise.

    Input
    -----
    x : [B, k, 2], float, I and Q of the symbols, ``E|x|^2 = 1``
    no : [B], float, noise variance of a symbol, half of it in each dimension
    seed : keras.random.SeedGenerator

    Output
    ------
    x_hat : [B, k, 2], float
    no : [B, k], float, effective noise variance of each symbol
    """
    noise = keras.random.normal(ops.shape(x), dtype=x.dtype, seed=seed)
    x_hat = x + ops.sqrt(no / 2)[:, None, None] * noise
    return x_hat, no[:, None] * ops.ones_like(x[..., 0])
