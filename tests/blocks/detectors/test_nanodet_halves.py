"""A network cut in two is the whole network, in one file of weights."""

from pathlib import Path

import numpy as np
import pytest

from blocks.detectors import nanodet, onnx_cut
from blocks.detectors.nanodet_halves import CHANNELS, LATERAL, SIDES, NanoDetHalves


@pytest.fixture(scope="module")
def halves():
    return NanoDetHalves()


@pytest.fixture(scope="module")
def shapes():
    pairs = zip(LATERAL.tensors, SIDES, strict=True)
    return {name: (1, CHANNELS, side, side) for name, side in pairs}


def test_both_halves_are_the_detector(halves, photo_of):
    photo = photo_of(0)
    maps = halves.first(photo)
    assert [one.shape for one in maps] == [(s, s, CHANNELS) for s in SIDES]
    found, uncut = halves.second(maps, photo.shape[:2]), nanodet.build()(photo)
    assert len(uncut.categories) > 0
    assert found.categories == uncut.categories
    np.testing.assert_allclose(found.scores, uncut.scores, atol=1e-6)
    np.testing.assert_allclose(found.xywh, uncut.xywh, atol=1e-3)


def test_maps_without_content_are_not_the_detector(halves, photo_of):
    photo = photo_of(0)
    nothing = [np.zeros((s, s, CHANNELS), np.float32) for s in SIDES]
    found, uncut = halves.second(nothing, photo.shape[:2]), nanodet.build()(photo)
    assert found.scores.max(initial=0) < uncut.scores.max() / 2


def test_the_second_half_holds_no_weight_of_the_first(shapes):
    content = onnx_cut.behind(nanodet.WEIGHTS, shapes)
    assert len(content) < nanodet.WEIGHTS.stat().st_size / 5


@pytest.mark.parametrize(
    ("name", "message"),
    [("nothing", "must be in the network, got"), (LATERAL.tensors[0], "depend on")],
)
def test_a_cut_that_is_none_is_refused(name, message):
    with pytest.raises(ValueError, match=message):
        onnx_cut.behind(nanodet.WEIGHTS, {name: (1, CHANNELS, 52, 52)})


def test_an_unknown_field_stays(tmp_path: Path):
    """Attributes that the schema leaves out cross the cut as they are."""
    model = onnx_cut.read(nanodet.WEIGHTS)
    assert model.SerializeToString().count(b"half_pixel") == 4
    content = onnx_cut.behind(
        nanodet.WEIGHTS, dict.fromkeys(LATERAL.tensors, (1, 1, 1, 1))
    )
    assert content.count(b"half_pixel") == 4
