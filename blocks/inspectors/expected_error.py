"""Expected squared error of each region, from side information and noise.

The sum of ``sigma^2 N0 / (N0 + g sigma^2)`` over the components of a region: their
deviations from the side information, and the noise variance of the symbol of each. It
costs next to nothing, and needs no picture.
"""

import numpy as np

from blocks.inspection import SQUARED, Seen

COLOURS = 3


class ExpectedError:
    """Mean over the values of a region [squared 8-bit levels]."""

    version, unit = "expected_error 1", SQUARED

    def __call__(self, seen: Seen) -> np.ndarray:
        total = seen.error.sum(axis=-1, dtype=np.float64)
        return np.float32(total / (COLOURS * seen.side**2))


def build() -> ExpectedError:
    """Build the inspector; it has no parameters."""
    return ExpectedError()
