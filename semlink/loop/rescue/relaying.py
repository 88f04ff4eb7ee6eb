"""Two hops over a half-duplex relay: their end-to-end SNR, and when they are worth it.

A relay that decodes is as good as the weaker hop. A relay that amplifies, with a gain
that keeps its power, forwards the noise of the first hop. Either sends every symbol
once more. SNRs are linear.

References
----------
M. Hasna and M.-S. Alouini, "End-to-end performance of transmission systems with relays
over Rayleigh-fading channels", IEEE Transactions on Wireless Communications, 2003.
"""

import numpy as np

HOPS = 2  # each of which takes the channel uses of a signal


def decoded(first, second) -> np.ndarray:
    """SNR of a relay that decodes and forwards."""
    return np.minimum(first, second)


def amplified(first, second) -> np.ndarray:
    """SNR of a relay that amplifies and forwards."""
    first, second = np.asarray(first, float), np.asarray(second, float)
    return first * second / (first + second + 1)


def efficiency(direct, relayed) -> np.ndarray:
    """Capacity over the better of both routes [bit/use]."""
    return np.maximum(np.log2(1 + direct), np.log2(1 + relayed) / HOPS)


def is_relayed(direct, relayed) -> np.ndarray:
    """Whether the relay carries more in the same channel uses; bool."""
    return np.log2(1 + relayed) / HOPS > np.log2(1 + direct)
