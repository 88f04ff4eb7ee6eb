"""Objects in a picture as labelled boxes: what detectors find and ``boxes`` links send.

The box format is COCO's: x, y of the top left corner, width, height, in pixels.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

BOXES = "boxes"  # modality of estimates that are :class:`Boxes`


class Boxes(NamedTuple):
    """Labelled boxes in a picture.

    categories : [n], names of COCO's categories
    scores : [n], float32, confidence from 0 to 1
    xywh : [n, 4], float32, x, y, width, height [pixels]
    size : (H, W) of the picture [pixels]
    """

    categories: tuple[str, ...]
    scores: np.ndarray
    xywh: np.ndarray
    size: tuple[int, int]

    def take(self, index: Sequence[int] | np.ndarray) -> "Boxes":
        """The boxes of an index or mask, in its order."""
        chosen = np.arange(len(self.categories))[np.asarray(index)]
        return Boxes(
            tuple(self.categories[i] for i in chosen),
            self.scores[chosen],
            self.xywh[chosen],
            self.size,
        )

    def above(self, confidence: float) -> "Boxes":
        """The boxes of at least this confidence."""
        return self.take(self.scores >= confidence)


def no_boxes(size: tuple[int, int]) -> Boxes:
    """A picture without objects."""
    return Boxes((), np.zeros(0, np.float32), np.zeros((0, 4), np.float32), size)
