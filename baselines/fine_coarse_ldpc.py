"""A fine part of what is asked for and a coarse picture around it, then LDPC and QAM.

The categories that the receiver's question names are matched with the objects that a
detector finds. Their bounding box is cut out and coded at full resolution, the whole
picture is coded at a fraction of it, and each part has its share of the channel uses.
The receiver enlarges the coarse picture and pastes the fine part. Without a match, the
whole picture is coded at full resolution.

References
----------
The pipeline of arXiv 2505.02413: keywords of the question, matched objects, slices of
high and of low resolution. Deviations: the parts are WebP files in one stream; objects
are matched by COCO's names and synonyms instead of word vectors.
"""

import struct
from typing import Annotated

import numpy as np
from PIL import Image
from pydantic import Field

from baselines.separated.link import separated
from baselines.separated.pillow_codec import PillowCodec
from blocks.importances import SIDE
from blocks.importances import importance as built

FORMAT = struct.Struct(">6HI")  # sides, box, and length of the coarse file
HIGHEST = 100  # quality
Box = tuple[int, int, int, int]  # left, top, width, height in pixels
WHOLE = (0, 0, 0, 0)


class FineCoarse:
    """Two WebP files in one.

    Parameters
    ----------
    importance : component that marks the fine part, by name
    share : of the bytes, for the fine part
    shrink : factor by which the coarse picture is smaller
    """

    quality_range = (0, HIGHEST)
    quality_step = 1
    concurrent = True

    def __init__(
        self,
        importance: str = "query",
        share: Annotated[float, Field(gt=0, lt=1)] = 0.7,
        shrink: Annotated[int, Field(ge=2, le=16)] = 4,
    ):
        self.importance, self._share, self._shrink = built(importance), share, shrink
        self._codec = PillowCodec(
            "WEBP", quality_range=self.quality_range, quality_step=1, method=4
        )

    def encode(
        self, image: np.ndarray, quality: float, levels: np.ndarray | None = None
    ) -> bytes:
        """[H, W, 3] uint8 to a file, by levels of importance [h, w].

        The coarse part has the highest quality within its share.
        """
        height, width, _ = image.shape
        box = WHOLE if levels is None else bounds(levels, (height, width))
        if box == WHOLE:
            return FORMAT.pack(width, height, *box, 0) + self._codec.encode(
                image, quality
            )
        left, top, across, down = box
        cut = np.ascontiguousarray(image[top : top + down, left : left + across])
        fine = self._codec.encode(cut, quality)
        limit = len(fine) * (1 - self._share) / self._share
        coarse = self._within(self._small(image), limit)
        return FORMAT.pack(width, height, *box, len(coarse)) + coarse + fine

    def decode(self, data: bytes) -> np.ndarray:
        """A file to [H, W, 3] uint8."""
        width, height, left, top, across, down, length = FORMAT.unpack_from(data)
        files = data[FORMAT.size :]
        if (left, top, across, down) == WHOLE:
            return self._codec.decode(files)
        coarse = Image.fromarray(self._codec.decode(files[:length]))
        picture = np.array(coarse.resize((width, height), Image.Resampling.BICUBIC))
        picture[top : top + down, left : left + across] = self._codec.decode(
            files[length:]
        )
        return picture

    def _small(self, image: np.ndarray) -> np.ndarray:
        height, width, _ = image.shape
        size = max(width // self._shrink, 1), max(height // self._shrink, 1)
        return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BOX))

    def _within(self, image: np.ndarray, limit: float) -> bytes:
        """The file of highest quality within a number of bytes; else the smallest."""
        low, high = 0, HIGHEST + 1
        while high - low > 1:
            middle = (low + high) // 2
            fits = len(self._codec.encode(image, middle)) <= limit
            low, high = (middle, high) if fits else (low, middle)
        return self._codec.encode(image, low)


def bounds(levels: np.ndarray, size: tuple[int, int]) -> Box:
    """Bounding box of the marked cells of a map [h, w], within a picture (H, W).

    :data:`WHOLE` if no cell is marked, or all of the picture is within the box.
    """
    rows, columns = (np.flatnonzero(levels.any(axis=a)) for a in (1, 0))
    if not len(rows):
        return WHOLE
    top, left = SIDE * int(rows[0]), SIDE * int(columns[0])
    bottom = min(SIDE * (int(rows[-1]) + 1), size[0])
    right = min(SIDE * (int(columns[-1]) + 1), size[1])
    if (bottom - top, right - left) == size:
        return WHOLE
    return left, top, right - left, bottom - top


build = separated(FineCoarse)
