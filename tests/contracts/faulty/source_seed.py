"""A source that takes a seed and does not use it."""

import hashlib

import numpy as np

from semlink.signals import IMAGE, Sample


class SeedUnused:
    """Pictures of noise, the same for all seeds."""

    modality = IMAGE

    def __init__(self, seed: int):
        self._seed = seed

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> Sample:
        i = range(len(self))[index]
        rng = np.random.default_rng(i)
        image = rng.integers(0, 256, (16, 16, 3), np.uint8)
        return Sample(image, IMAGE, image.size, i, f"picture {i}")

    def fingerprint(self) -> str:
        return hashlib.sha256(b"".join(s.data.tobytes() for s in self)).hexdigest()


def build(seed: int = 0) -> SeedUnused:
    """Build the source."""
    return SeedUnused(seed)
