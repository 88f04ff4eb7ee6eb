"""A source of small pictures with ground truth and a question each."""

import numpy as np

from semlink.signals import IMAGE, Sample

SIDE = 16


class Asked:
    """Pictures of noise, their number in the annotations, a colour in the question."""

    modality = IMAGE

    def __init__(self, count: int):
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < self._count:
            raise IndexError(index)
        rng = np.random.default_rng(index)
        image = rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8)
        known = {"annotations": {"number": index}, "query": index % 3}
        return Sample(image, IMAGE, image.size, index, f"number {index}", **known)

    def fingerprint(self) -> str:
        return f"{self._count:064}"


def build(count: int = 3) -> Asked:
    """Build the source."""
    return Asked(count)
