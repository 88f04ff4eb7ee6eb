"""YOLOv8 and RetinaNet of Keras-CV, from a local folder.

The folder has ``config.json`` and ``model.weights.h5``, as Keras-CV's
``save_to_preset`` writes them. Nothing is downloaded.
"""

import json
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from blocks.detection import COCO_CATEGORIES, LEAST
from blocks.detectors.names import read_names
from blocks.detectors.suppression import suppressed
from semlink.errors import InputError
from semlink.modalities.boxes import Boxes

Side = Annotated[int, Field(ge=32, le=2048)]
CLASSES = {"yolov8": "YOLOV8Detector", "retinanet": "RetinaNet"}
CONFIG, WEIGHTS = "config.json", "model.weights.h5"


class KerasCvDetector:
    """A detector of Keras-CV.

    Parameters
    ----------
    folder, model, side : as for :func:`build`
    categories : names of its categories, in its order
    """

    def __init__(self, folder: Path, model: str, side: int, categories: tuple):
        self.version = f"keras_cv {model} {folder.name} {side}"
        self.categories, self._side = categories, side
        self._model = _loaded(folder, model, len(categories))

    def __call__(self, image: np.ndarray) -> Boxes:
        """Find objects of an image [H, W, 3], uint8, in order of confidence."""
        import cv2
        from keras_cv import bounding_box

        resized = cv2.resize(image, (self._side, self._side))
        batch = resized[None].astype(np.float32)
        found = self._model.predict(batch, verbose=0)
        form = self._model.bounding_box_format
        sides = bounding_box.convert_format(
            found["boxes"], source=form, target="xyxy", images=batch
        )
        many = int(np.asarray(found["num_detections"])[0])
        label = np.asarray(found["classes"])[0, :many].astype(int)
        scores = np.zeros((many, len(self.categories)), np.float32)
        scores[np.arange(many), label] = np.asarray(found["confidence"])[0, :many]
        height, width = image.shape[:2]
        scale = np.float32([width, height, width, height]) / self._side
        sides = np.asarray(sides)[0, :many] * scale
        # Keras-CV has suppressed what overlaps
        return suppressed(scores, sides, self.categories, (height, width), 1.0)


def build(
    folder: Annotated[str, Field(min_length=1)],
    model: Literal["yolov8", "retinanet"] = "yolov8",
    side: Side = 640,
    categories: str | None = None,
) -> KerasCvDetector:
    """Build a detector.

    Parameters
    ----------
    folder : folder of its configuration and weights
    model : what they are of
    side : pixels along a side of its input
    categories : text file of its categories, one a line; COCO's 80 by default
    """
    named = COCO_CATEGORIES if categories is None else read_names(Path(categories))
    return KerasCvDetector(Path(folder), model, side, named)


def files(folder: str, categories: str | None, **params) -> list[Path]:
    """Configuration, weights, and names of the categories."""
    names = [] if categories is None else [Path(categories)]
    return [Path(folder) / CONFIG, Path(folder) / WEIGHTS, *names]


def _loaded(folder: Path, model: str, many: int):
    """The model of a folder, which reports every detection from ``LEAST`` on.

    Raises
    ------
    InputError
        Keras-CV or a file is missing, or the files are of something else.
    """
    must = f"detector keras_cv needs {CONFIG} and {WEIGHTS} of a {CLASSES[model]}"
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise InputError(f"{must} in its folder, got no file {folder / name}")
    try:
        import keras_cv  # noqa: F401 - registers the classes of its models
        from keras.saving import deserialize_keras_object
    except ImportError as error:
        raise InputError(
            f"detector keras_cv needs the extra vision, got {error}"
        ) from None
    try:
        tree = json.loads((folder / CONFIG).read_text("utf-8"))
        made = deserialize_keras_object(tree)
        made.load_weights(folder / WEIGHTS)
    except Exception as error:  # broken files raise nearly everything
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise InputError(f"{must}, got {folder}: {reason}") from None
    if type(made).__name__ != CLASSES[model]:
        raise InputError(f"{must}, got a {type(made).__name__} in {folder}")
    if (own := made.get_config()["num_classes"]) != many:
        raise InputError(f"{must} for {many} categories, got {own} in {folder}")
    made.prediction_decoder.confidence_threshold = LEAST
    return made
