"""Classes of content: what a sender can know of a picture before it encodes it.

Two numbers decide. The complexity is measured on the pixels. The importance is the mean
weight of the picture's importance map (1 without one), which schedulers see, too.
"""

from typing import NamedTuple

import numpy as np

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
NAMES = ("plain, sparse", "plain, dense", "busy, sparse", "busy, dense")


class Content(NamedTuple):
    """Limits between the classes.

    complexity : entropy [bits per pixel] from which a picture is busy
    importance : mean weight from which it is dense: much of it matters
    """

    complexity: float
    importance: float

    def of(self, complexity, importance) -> np.ndarray:
        """Class of pictures, an index into ``NAMES`` : int, broadcast shape."""
        busy = np.asarray(complexity) >= self.complexity
        dense = np.asarray(importance) >= self.importance
        return 2 * busy.astype(int) + dense


def complexity(image: np.ndarray) -> float:
    """Entropy of the differences between neighbouring pixels [bits per pixel].

    It is the rate of a lossless code that predicts each pixel of the 8-bit luminance by
    its left neighbour.

    Parameters
    ----------
    image : [H, W, 3], uint8, at least two pixels wide
    """
    luminance = np.rint(image @ np.array(LUMA)).astype(int)
    counts = np.bincount(np.diff(luminance, axis=1).ravel() + 255)
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum())
