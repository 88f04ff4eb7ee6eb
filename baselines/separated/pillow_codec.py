"""Picture codecs of Pillow, in memory."""

import io

import numpy as np
from PIL import Image


class PillowCodec:
    """A codec by its Pillow name.

    Parameters
    ----------
    name : name of the format
    quality_range, quality_step : as in :class:`baselines.separated.rate_search.Codec`
    options : passed to the encoder
    """

    def __init__(self, name: str, *, quality_range, quality_step: float, **options):
        self.quality_range = quality_range
        self.quality_step = quality_step
        self._name = name
        self._options = options

    def options(self, quality: float) -> dict[str, object]:
        """The encoder's options for a quality."""
        whole = int(quality) if self.quality_step >= 1 else quality
        return {"quality": whole, **self._options}

    def encode(self, image: np.ndarray, quality: float) -> bytes:
        """[H, W, 3] uint8 to a file."""
        file = io.BytesIO()
        Image.fromarray(image).save(file, self._name, **self.options(quality))
        return file.getvalue()

    def decode(self, data: bytes) -> np.ndarray:
        """A file to [H, W, 3] uint8."""
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
