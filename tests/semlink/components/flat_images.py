"""A source of a few small pictures that exist nowhere but here."""

import hashlib

import numpy as np

from semlink.signals import Sample


class FlatImages:
    """Noise around a grey that differs from picture to picture."""

    modality = "image"

    def __init__(self, count: int, side: int):
        rng = np.random.default_rng(7)
        noise = rng.integers(0, 64, (count, side, side, 3), np.uint8)
        self._images = noise + np.arange(count, dtype=np.uint8)[:, None, None, None]

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> Sample:
        image = self._images[index]
        return Sample(image, "image", image.size, index, f"image {index}")

    def fingerprint(self) -> str:
        return hashlib.sha256(self._images.tobytes()).hexdigest()


def build(count: int = 3, side: int = 16) -> FlatImages:
    """Build the source."""
    return FlatImages(count, side)
