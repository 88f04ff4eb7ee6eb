"""Rayleigh fading on real dimensions: the twin of ``channels/rayleigh.py``."""

import keras
from keras import ops


def rayleigh(x, no, seed):
    """Multiply by independent CN(0, 1) gains, add noise, divide by the known gains.

    Input and output are those of :func:`channels.nn.awgn.awgn`.
    """
    gain = keras.random.normal(ops.shape(x), dtype=x.dtype, seed=seed)
    power = ops.sum(gain * gain, axis=-1) / 2
    noise = keras.random.normal(ops.shape(x), dtype=x.dtype, seed=seed)
    # circular noise is invariant to the phase of the gain
    no = no[:, None] / ops.maximum(power, 1e-6)
    return x + ops.sqrt(no / 2)[..., None] * noise, no
