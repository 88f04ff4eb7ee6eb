"""Detectors of Keras-CV from a local folder, tiny and untrained."""

import json

import numpy as np
import pytest

from blocks.detection import LEAST, detector
from semlink.errors import InputError

NAMES = ("cat", "dog", "cup")
SIDE = 64


def yolov8():
    from keras_cv.models import YOLOV8Backbone, YOLOV8Detector

    backbone = YOLOV8Backbone(
        include_rescaling=True,
        stackwise_channels=[8] * 4,
        stackwise_depth=[1] * 4,
        input_shape=(SIDE, SIDE, 3),
    )
    return YOLOV8Detector(
        num_classes=len(NAMES),
        bounding_box_format="xywh",
        backbone=backbone,
        fpn_depth=1,
    )


def retinanet():
    from keras_cv.models import ResNetBackbone, RetinaNet

    backbone = ResNetBackbone(
        stackwise_filters=[8] * 4,
        stackwise_blocks=[1] * 4,
        stackwise_strides=[1, 2, 2, 2],
        include_rescaling=True,
        input_shape=(SIDE, SIDE, 3),
    )
    made = RetinaNet(
        num_classes=len(NAMES), bounding_box_format="xyxy", backbone=backbone
    )
    made.prediction_decoder.from_logits = True
    return made


def saved(model, folder) -> str:
    """Save a model as Keras-CV does; give the beginning of the detector's word."""
    from keras import random
    from keras.saving import serialize_keras_object

    # an untrained network is sure of nothing: weights that make it so
    for number, variable in enumerate(model.trainable_variables):
        noise = random.normal(variable.shape, stddev=0.5, seed=number)
        variable.assign(noise)
    (folder / "config.json").write_text(json.dumps(serialize_keras_object(model)))
    model.save_weights(folder / "model.weights.h5")
    (folder / "names.txt").write_text("\n".join(NAMES))
    return f"keras_cv[folder={folder},side={SIDE},categories={folder}/names.txt"


@pytest.mark.slow
@pytest.mark.parametrize("make", [yolov8, retinanet])
def test_it_finds_what_the_model_predicts(make, tmp_path):
    from keras_cv import bounding_box

    model, image = make(), np.random.default_rng(0).integers(0, 256, (64, 64, 3))
    word = saved(model, tmp_path) + f",model={make.__name__}]"
    found = detector(word)(image.astype(np.uint8))
    model.prediction_decoder.confidence_threshold = LEAST
    batch = image[None].astype(np.float32)
    expected = model.predict(batch, verbose=0)
    many = int(expected["num_detections"][0])
    assert len(found.categories) == many > 0
    sure = np.asarray(expected["confidence"])[0, :many]
    np.testing.assert_allclose(np.sort(found.scores), np.sort(sure), rtol=1e-5)
    form = model.bounding_box_format
    sides = bounding_box.convert_format(
        expected["boxes"], source=form, target="xyxy", images=batch
    )
    sides = np.clip(np.asarray(sides)[0, :many], 0, SIDE)
    own = found.xywh + np.pad(found.xywh[:, :2], ((0, 0), (2, 0)))
    best = int(sure.argmax())
    np.testing.assert_allclose(own[0], sides[best], atol=1e-3)
    # a picture of twice the size has boxes of twice the size
    double = detector(word)(np.kron(image, np.ones((2, 2, 1))).astype(np.uint8))
    np.testing.assert_allclose(double.xywh[0], 2 * found.xywh[0], atol=1e-2)


@pytest.mark.slow
def test_files_of_another_model_are_refused_in_one_line(tmp_path):
    word = saved(yolov8(), tmp_path)
    with pytest.raises(InputError, match="of a RetinaNet, got a YOLOV8Detector in"):
        detector(word + ",model=retinanet]")
    (tmp_path / "names.txt").write_text("cat\ndog")
    with pytest.raises(InputError, match="for 2 categories, got 3 in"):
        detector(word + ",model=yolov8]")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match="needs config.json and .* of a YOLOV8") as why:
        detector(word + "]")
    assert "\n" not in str(why.value)


def test_a_folder_without_files_is_refused(tmp_path):
    with pytest.raises(InputError, match="got no file .*config.json"):
        detector(f"keras_cv[folder={tmp_path}]")
