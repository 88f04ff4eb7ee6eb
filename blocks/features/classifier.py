"""Statistics of EfficientNet-Lite0's features at the cut, which both ends share."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from blocks.features.transform import Transform, transform_of

FILE = Path(__file__).with_name("statistics.npz")
EDGES = (0.5, 1.5, 3.0, 5.5)  # of the bands, in half periods over the map


@lru_cache(maxsize=1)
def shipped() -> Transform:
    """The transform of maps [14, 14, 112]."""
    with np.load(FILE) as data:
        return transform_of(EDGES, data["mean"], data["forward"], data["sigma"])
