"""Decisions of a classifier: probabilities of its classes."""

from typing import Any

import numpy as np

DECISION = "decision"  # modality of estimates that are probabilities [C], float32


def certain(label: int, num_classes: int) -> np.ndarray:
    """A decision of which nothing but the label is known : [C], float32."""
    return np.eye(1, num_classes, label, dtype=np.float32)[0]


def is_decision(data: Any) -> bool:
    """Whether data are probabilities [C], float32, whose sum is about one."""
    if not isinstance(data, np.ndarray) or data.dtype != np.float32 or data.ndim != 1:
        return False
    return bool(np.all(data >= 0) and abs(data.sum(dtype=np.float64) - 1) < 1e-3)
