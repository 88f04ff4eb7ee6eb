"""The cascade: the edge decides a frame, or hands it to the cloud over the backhaul.

The frame crosses as a picture file; the cloud's detections come back. Both are counted
in bytes on the backhaul.
"""

import io
from typing import Literal, NamedTuple

import numpy as np

from blocks.cascade.doubts import DOUBTS, TWICE, mirrored, mirrored_boxes
from blocks.detection import Detector
from semlink.errors import InputError
from semlink.loop.risk import Rule
from semlink.modalities.boxes import Boxes
from semlink.registry import unknown
from semlink.signals import BACKHAUL, Ledger, ledger

QUALITY = 90  # of the file
BOX = 10  # bytes of a detection: category, confidence, four coordinates of 16 bits


class Decided(NamedTuple):
    """What a frame shows, and who decided it.

    boxes : detections
    by : ``edge`` or ``cloud``
    uses : bytes on the backhaul
    """

    boxes: Boxes
    by: Literal["edge", "cloud"]
    uses: Ledger


class Cascade:
    """A detector at the edge, one in the cloud, and the rule between them.

    Parameters
    ----------
    edge, cloud : the detectors
    rule : which frames the edge decides
    quality : of the file that crosses the backhaul, 1 to 100

    Raises
    ------
    InputError
        The rule's doubt is not known, or the quality is no such number.
    """

    def __init__(
        self, edge: Detector, cloud: Detector, rule: Rule, quality: int = QUALITY
    ):
        if rule.doubt not in DOUBTS:
            raise InputError(unknown("doubt", rule.doubt, sorted(DOUBTS)))
        self._edge, self._cloud = edge, cloud
        self._rule, self._quality = rule, quality
        check_quality(quality)

    def __call__(self, image: np.ndarray) -> Decided:
        """Find objects of an image [H, W, 3], uint8."""
        name, found = self._rule.doubt, self._edge(image)
        again = mirrored_look(self._edge, image) if name in TWICE else found
        doubt = DOUBTS[name](found, again)
        if self._rule.takes({name: np.array([doubt])})[0]:
            return Decided(found, "edge", Ledger())
        file = packed(image, self._quality)
        boxes = self._cloud(unpacked(file))
        return Decided(boxes, "cloud", transport(len(file), len(boxes.scores)))


def mirrored_look(detect: Detector, image: np.ndarray) -> Boxes:
    """Detections in the mirror image of a frame, turned back."""
    return mirrored_boxes(detect(mirrored(image)))


def transport(file: int, boxes: int) -> Ledger:
    """Bytes on the backhaul of a frame whose file has ``file`` bytes."""
    return ledger(direction=BACKHAUL, frame=file, boxes=BOX * boxes)


def packed(image: np.ndarray, quality: int = QUALITY) -> bytes:
    """The JPEG file of an image [H, W, 3], uint8."""
    from PIL import Image

    check_quality(quality)
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return file.getvalue()


def unpacked(file: bytes) -> np.ndarray:
    """The image [H, W, 3], uint8, of a file."""
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))


def check_quality(quality: int) -> None:
    """Refuse a quality outside 1 to 100."""
    if not 1 <= quality <= 100:
        raise InputError(f"quality of a frame must be 1 to 100, got {quality}")
