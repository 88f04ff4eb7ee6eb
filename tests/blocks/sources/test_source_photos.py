"""The default source: photos that come with a dependency."""

import numpy as np
import pytest
from PIL import Image

from blocks.sources.photos import build
from semlink.protocols import Source

SIZES = {
    "astronaut": (512, 512),
    "chelsea": (300, 451),
    "coffee": (400, 600),
    "rocket": (427, 640),
    "stereo_motorcycle": (500, 741),
}


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was used")

    monkeypatch.setattr("socket.socket.connect", refuse)


def test_photos_by_name_and_size():
    source = build()
    assert isinstance(source, Source)
    samples = list(source)
    sizes = {sample.name: sample.data.shape for sample in samples}
    assert list(sizes.items()) == [(k, (*v, 3)) for k, v in SIZES.items()]
    assert {s.data.dtype.name for s in samples} == {"uint8"}
    assert source.modality == "image"


def test_photos_are_those_of_scikit_image():
    import skimage.data

    for sample, photo in zip(build(), SIZES, strict=True):
        expected = getattr(skimage.data, photo)()
        left = expected[0] if photo == "stereo_motorcycle" else expected
        np.testing.assert_array_equal(sample.data, left)


def test_photos_are_in_colour():
    for sample in build():
        assert np.ptp(sample.data.astype(int), axis=-1).max() > 100


def test_limit_and_fingerprint():
    two, three = build(limit=2), build(limit=3)
    assert (len(two), len(three)) == (2, 3)
    assert two.fingerprint() == build(limit=2).fingerprint() != three.fingerprint()


def test_only_what_is_asked_for_is_opened(monkeypatch):
    opened, real = [], Image.open
    monkeypatch.setattr(
        "blocks.sources.images.Image.open",
        lambda p, **k: opened.append(p.name) or real(p, **k),
    )
    source = build()
    assert opened == []
    source[1]
    assert opened == ["chelsea.png"]
