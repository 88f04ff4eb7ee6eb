"""A detector of an ONNX file: the layouts of its outputs, and files that are none."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from blocks.detection import COCO_CATEGORIES, detector
from blocks.detectors.nanodet import WEIGHTS
from semlink.errors import InputError

_SPEC = importlib.util.spec_from_file_location(
    "onnx_file", Path(__file__).with_name("onnx_file.py")
)
onnx_file = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(onnx_file)

SIDE, CATEGORIES = 64, ("cat", "dog", "cup")
# in pixels of the input; the second overlaps the first, the third is too unsure
SIDES = np.float32([[8, 8, 40, 24], [9, 8, 40, 24], [0, 0, 9, 9], [16, 32, 48, 64]])
SCORES = np.float32([[0, 0.9, 0], [0, 0.8, 0.1], [0.01, 0, 0], [0, 0, 0.5]])
IMAGE = np.zeros((128, 192, 3), np.uint8)  # twice the input, three times its width
FOUND = ("dog", "cup", "cup")
XYWH = [[24, 16, 96, 32], [48, 64, 96, 64], [27, 16, 93, 32]]


def rows(objectness: bool = False) -> np.ndarray:
    centre, size = (SIDES[:, :2] + SIDES[:, 2:]) / 2, SIDES[:, 2:] - SIDES[:, :2]
    sure = np.full((len(SIDES), 1), 0.5, np.float32)
    scores = [sure, SCORES / 0.5] if objectness else [SCORES]
    return np.concatenate([centre, size, *scores], axis=1)


LABELLED = {"scores": SCORES.max(axis=1), "labels": SCORES.argmax(axis=1)}
LAYOUTS = {
    "rows": ({"found": rows()[None]}, ""),
    "columns": ({"found": rows().T[None]}, ""),
    "objectness": ({"found": rows(objectness=True)[None]}, ""),
    "scores": ({"boxes": SIDES, "scores": SCORES}, ",outputs=boxes_scores"),
    "labels": ({"boxes": SIDES, **LABELLED}, ""),
    "labels first": (
        {"boxes": SIDES, **dict(reversed(LABELLED.items()))},
        ",outputs=boxes_labels_scores",
    ),
}


@pytest.fixture
def built(tmp_path):
    """Build a detector of outputs."""

    def build(outputs, more=""):
        (tmp_path / "names.txt").write_text("\n".join(CATEGORIES))
        (tmp_path / "net.onnx").write_bytes(onnx_file.constant_network(SIDE, outputs))
        names = f"side={SIDE},categories={tmp_path}/names.txt"
        return detector(f"onnx[file={tmp_path}/net.onnx,{names}{more}]")

    return build


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_objects(layout, built):
    outputs, more = LAYOUTS[layout]
    found = built(outputs, more)(IMAGE)
    count = 2 if "labels" in layout else 3  # one label a box
    assert found.categories == FOUND[:count]
    np.testing.assert_allclose(found.xywh, XYWH[:count], atol=1e-4)
    np.testing.assert_allclose(found.scores, [0.9, 0.5, 0.1][:count], atol=1e-6)
    assert found.size == (128, 192)


@pytest.mark.parametrize(
    ("outputs", "got"),
    [
        ({"found": np.zeros((1, 5, 9), np.float32)}, r"\[1, 5, 9\]"),
        ({"boxes": SIDES, "scores": SCORES[:2]}, r"\[4, 4\], \[2, 3\]"),
    ],
    ids=["another number of categories", "fewer scores than boxes"],
)
def test_outputs_that_are_no_detections_are_refused(outputs, got, built):
    with pytest.raises(InputError, match=rf"outputs \[n, 7\] or boxes.*{got}$"):
        built(outputs)


@pytest.mark.parametrize("content", [None, b"", b"no network"])
def test_a_file_that_is_none_is_refused_in_one_line(content, tmp_path):
    path = tmp_path / "net.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match="needs an ONNX file that OpenCV reads, got"):
        detector(f"onnx[file={path}]")


def test_a_network_of_another_kind_is_refused():
    with pytest.raises(InputError, match=r"got .*model.onnx: .*\[1, 2704, 80\]"):
        detector(f"onnx[file={WEIGHTS},side=416]")


def test_names_are_needed_where_a_file_of_them_is_given(tmp_path):
    (tmp_path / "names.txt").write_text("\n")
    word = f"onnx[file={WEIGHTS},categories={tmp_path}/names.txt]"
    with pytest.raises(InputError, match="must be names, one a line, got none in"):
        detector(word)


def test_coco_is_the_default(tmp_path):
    found = np.zeros((1, 84, 2), np.float32)
    found[0, :4, 0], found[0, 4 + COCO_CATEGORIES.index("boat"), 0] = 20, 0.7
    path = tmp_path / "coco.onnx"
    path.write_bytes(onnx_file.constant_network(SIDE, {"found": found}))
    assert detector(f"onnx[file={path},side={SIDE}]")(IMAGE).categories == ("boat",)
