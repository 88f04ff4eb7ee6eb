"""Decisions of a classifier: what ``classification`` judges."""

import numpy as np

DECISION = "decision"  # modality of estimates that are probabilities [C], float32


def certain(label: int, num_classes: int) -> np.ndarray:
    """A decision of which nothing but the label is known : [C], float32."""
    return np.eye(1, num_classes, label, dtype=np.float32)[0]
