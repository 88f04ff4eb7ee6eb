"""Expected squared error, weighed by the disagreement of a detector.

Errors where a task's decisions hang on the noise count more:
``expected_error (1 + weight self_consistency)``.
"""

from typing import Annotated

import numpy as np
from pydantic import Field

from blocks.inspection import SQUARED, Inspector, Seen, inspector


class Combined:
    """Weighted expected squared error [squared 8-bit levels]."""

    unit = SQUARED

    def __init__(self, error: Inspector, consistency: Inspector, weight: float):
        self._error, self._consistency, self._weight = error, consistency, weight
        self.version = f"combined 1, {error.version}, {consistency.version}"

    def __call__(self, seen: Seen) -> np.ndarray:
        share = self._consistency(seen)
        return np.float32(self._error(seen) * (1 + self._weight * share))


def build(
    weight: Annotated[float, Field(ge=0, le=100)] = 3.0, detector: str = "nanodet"
) -> Combined:
    """Build the inspector.

    Parameters
    ----------
    weight : weight of a region whose boxes all disagree, over one without, less one
    detector : detector, by name
    """
    consistency = inspector(f"self_consistency:{detector}")
    return Combined(inspector("expected_error"), consistency, weight)
