"""What inspectors answer, by what they see."""

import numpy as np
import pytest

from blocks.inspection import INSPECTORS, SQUARED, Seen, inspector
from blocks.inspectors.combined import Combined
from blocks.inspectors.self_consistency import SelfConsistency
from semlink.errors import InputError
from semlink.modalities.boxes import Boxes

SIDE = 16
PICTURE = np.zeros((64, 96, 3), np.uint8)


class Finder:
    """Finds a box that stays, and one that only the first of two decodings has."""

    version, categories = "finder 1", ("cat", "dog")

    def __call__(self, image) -> Boxes:
        xywh = np.float32([[0, 0, 32, 32], [64, 32, 32, 32]])
        boxes = Boxes(("cat", "dog"), np.float32([0.9, 0.8]), xywh, image.shape[:2])
        return boxes if image[0, 0, 0] == 1 else boxes.take([0])


def seen(error: np.ndarray) -> Seen:
    return Seen(PICTURE, error, SIDE, lambda seed: np.full_like(PICTURE, seed))


@pytest.fixture
def error():
    return np.random.default_rng(1).exponential(size=(4, 6, 8)).astype(np.float32)


def test_expected_error_is_that_of_the_pixels(error):
    doubt = inspector("expected_error")(seen(error))
    assert doubt.dtype == np.float32
    np.testing.assert_allclose(doubt, error.sum(axis=-1) / (3 * SIDE**2), rtol=1e-5)


def test_a_box_that_noise_decides_is_in_doubt(error):
    doubt = SelfConsistency(Finder())(seen(error))
    wanted = np.zeros((4, 6))
    wanted[2:4, 4:6] = 1
    np.testing.assert_array_equal(doubt, wanted)


def test_combined_weighs_what_is_in_doubt(error):
    expected = inspector("expected_error")
    doubt = Combined(expected, SelfConsistency(Finder()), 3.0)(seen(error))
    ratio = doubt / expected(seen(error))
    np.testing.assert_allclose(ratio[2:4, 4:6], 4, rtol=1e-5)
    np.testing.assert_allclose(ratio[:2], 1, rtol=1e-5)


def test_every_inspector_is_one():
    for name in INSPECTORS.complete():
        made = inspector(name)
        assert made.version
        assert made.unit
    assert inspector("none") is None
    assert inspector("expected_error").unit == SQUARED


def test_an_unknown_inspector_is_refused():
    with pytest.raises(InputError, match="unknown inspector 'guess'"):
        inspector("guess")
