"""A source of small pictures, each with a query of its own, the last one with none."""

import numpy as np

from semlink.modalities.query import Query
from semlink.signals import IMAGE, Sample

QUERIES = (
    Query(("How many dogs are there?",)),
    Query(classes=("dog", "traffic light")),
    None,
)


class Curious:
    """Pictures of noise."""

    modality = IMAGE

    def __len__(self) -> int:
        return len(QUERIES)

    def __getitem__(self, index: int) -> Sample:
        rng = np.random.default_rng(index)
        image = rng.integers(0, 256, (16, 16, 3), np.uint8)
        name = f"number {index}"
        return Sample(image, IMAGE, image.size, index, name, QUERIES[index])

    def fingerprint(self) -> str:
        return f"{len(self):064}"


def build() -> Curious:
    """Build the source."""
    return Curious()
