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
    batches = list(source)
    sizes = {batch.name[0]: batch.image.shape[1:3] for batch in batches}
    assert list(sizes.items()) == list(SIZES.items())
    assert {(b.image.dtype.name, len(b.image)) for b in batches} == {("uint8", 1)}


def test_photos_are_those_of_scikit_image():
    import skimage.data

    for batch, photo in zip(build(), SIZES, strict=True):
        expected = getattr(skimage.data, photo)()
        left = expected[0] if photo == "stereo_motorcycle" else expected
        np.testing.assert_array_equal(batch.image[0], left)


def test_photos_are_in_colour():
    for batch in build():
        assert np.ptp(batch.image[0].astype(int), axis=-1).max() > 100


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
