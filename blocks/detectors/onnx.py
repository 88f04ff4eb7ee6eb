"""Any detector in an ONNX file, run by OpenCV.

The file takes one image [1, 3, S, S] and gives one of:

* rows: one output [1, n, 4 + C] or [1, 4 + C, n] (YOLOv8 and later), or with an
  objectness score behind the box, 5 + C (YOLOv5, YOLOX); a box is centre x and y,
  width, height;
* boxes [n, 4] of left, top, right, bottom, scores [n] or [n, C], and for scores [n]
  labels [n], in the order of ``outputs``; suppressed already or not.

Boxes are in pixels of the network's input. C is the number of categories.
"""

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from blocks.detection import COCO_CATEGORIES
from blocks.detectors.names import read_names
from blocks.detectors.suppression import suppressed
from semlink.errors import InputError
from semlink.modalities.boxes import Boxes

Side = Annotated[int, Field(ge=32, le=2048)]
BOX = 4  # values of a box


class OnnxDetector:
    """A detector of a file.

    Parameters
    ----------
    path : the file
    categories : names of its categories, in its order
    side, overlap, outputs : as for :func:`build`
    """

    def __init__(
        self,
        path: Path,
        categories: tuple[str, ...],
        side: int,
        overlap: float,
        outputs: str,
    ):
        self.categories, self.version = categories, f"onnx {path.name} {side}"
        self._side, self._overlap, self._outputs = side, overlap, outputs
        self._network = _network(path)
        self._check(path)

    def __call__(self, image: np.ndarray) -> Boxes:
        """Find objects of an image [H, W, 3], uint8, in order of confidence."""
        height, width = image.shape[:2]
        scores, sides = self._read(self._forward(image))
        sides = sides * np.float32([width, height, width, height]) / self._side
        size = height, width
        return suppressed(scores, sides, self.categories, size, self._overlap)

    def _forward(self, image: np.ndarray) -> list[np.ndarray]:
        import cv2

        blob = cv2.dnn.blobFromImage(image, 1 / 255, (self._side, self._side))
        self._network.setInput(blob)
        names = self._network.getUnconnectedOutLayersNames()
        return list(self._network.forward(names))

    def _check(self, path: Path) -> None:
        """Refuse a network whose outputs are no detections."""
        import cv2

        who = f"detector onnx needs a network for images of {self._side} pixels with"
        many = len(self.categories)
        must = f"{who} outputs [n, {BOX + many}] or boxes, scores and labels"
        try:
            outputs = self._forward(np.zeros((self._side, self._side, 3), np.uint8))
            self._read(outputs)
        except cv2.error as error:
            reason = " ".join(str(error).split())[:200]
            raise InputError(f"{must}, got {path}: {reason}") from None
        except (ValueError, IndexError, KeyError):
            shapes = ", ".join(str(list(one.shape)) for one in outputs)
            raise InputError(f"{must}, got {path}: {shapes}") from None

    def _read(self, outputs: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Scores [n, C] and left, top, right, bottom [n, 4] of the outputs.

        Raises
        ------
        ValueError, IndexError, KeyError
            They are none.
        """
        if len(outputs) == 1:
            return self._of_rows(outputs[0])
        named = dict(zip(self._outputs.split("_"), outputs, strict=False))
        sides, scores = named["boxes"].reshape(-1, BOX), named["scores"]
        if "labels" not in named:
            return scores.reshape(len(sides), len(self.categories)), sides
        label = named["labels"].reshape(len(sides)).astype(int)
        spread = np.zeros((len(sides), len(self.categories)), np.float32)
        spread[np.arange(len(sides)), label] = scores.reshape(len(sides))
        return spread, sides

    def _of_rows(self, output: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows = output.reshape(output.shape[-2:])
        many, axes = len(self.categories), rows.shape
        lengths = BOX + many, BOX + many + 1  # without and with objectness
        if axes[1] not in lengths and axes[0] in lengths:
            rows = rows.T
        if rows.shape[1] not in lengths:
            raise ValueError(axes)
        scores = rows[:, -many:]
        if rows.shape[1] == lengths[1]:
            scores = scores * rows[:, BOX : BOX + 1]
        centre, half = rows[:, :2], rows[:, 2:BOX] / 2
        return scores, np.concatenate([centre - half, centre + half], axis=1)


def build(
    file: Annotated[str, Field(min_length=1)],
    side: Side = 640,
    overlap: Annotated[float, Field(gt=0, lt=1)] = 0.45,
    outputs: Literal[
        "boxes_scores_labels", "boxes_labels_scores", "boxes_scores"
    ] = "boxes_scores_labels",
    categories: str | None = None,
) -> OnnxDetector:
    """Build a detector; pictures enter as red, green, blue from 0 to 1.

    Parameters
    ----------
    file : the ONNX file
    side : pixels along a side of its input
    overlap : overlap threshold of non-maximum suppression
    outputs : order of several outputs; one output is rows
    categories : text file of its categories, one a line; COCO's 80 by default
    """
    named = COCO_CATEGORIES if categories is None else read_names(Path(categories))
    return OnnxDetector(Path(file), named, side, overlap, outputs)


def files(file: str, categories: str | None, **params) -> list[Path]:
    """The network, and the names of its categories."""
    return [Path(name) for name in (file, categories) if name is not None]


def _network(path: Path):
    """The network of a file."""
    import cv2

    must = "detector onnx needs an ONNX file that OpenCV reads"
    if not path.is_file():
        raise InputError(f"{must}, got no file at {path}")
    try:
        return cv2.dnn.readNetFromONNX(np.fromfile(path, np.uint8))
    except cv2.error as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"{must}, got {path}: {reason}") from None
