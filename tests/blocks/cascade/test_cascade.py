"""The cascade: who decides, what crosses the backhaul, and the doubts of the edge."""

import io

import numpy as np
import pytest
from PIL import Image

from blocks.cascade.cascade import BOX, Cascade, packed, unpacked
from blocks.cascade.doubts import DOUBTS, agreement, mirrored, mirrored_boxes
from semlink.errors import InputError
from semlink.loop.risk import Rule
from semlink.modalities.boxes import Boxes, no_boxes


def boxes(*rows, size=(64, 96)) -> Boxes:
    """Boxes of (category, confidence, x, y, width, height)."""
    names = tuple(row[0] for row in rows)
    scores = np.array([row[1] for row in rows], np.float32)
    xywh = np.array([row[2:] for row in rows], np.float32).reshape(-1, 4)
    return Boxes(names, scores, xywh, size)


class Bright:
    """Finds the brightest pixel with a fixed confidence."""

    version, categories = "1", ("dog", "cat")

    def __init__(self, category: str, confidence: float):
        self._category, self._confidence, self.seen = category, confidence, []

    def __call__(self, image):
        self.seen.append(image)
        y, x = np.unravel_index(image.sum(axis=2).argmax(), image.shape[:2])
        row = (self._category, self._confidence, x - 8, y - 8, 17, 17)
        return boxes(row, size=image.shape[:2])


@pytest.fixture
def picture():
    image = np.zeros((64, 96, 3), np.uint8)
    image[20:23, 30:33] = 255
    return image


def test_a_sure_edge_decides_and_nothing_crosses(picture):
    edge, cloud = Bright("dog", 0.9), Bright("cat", 0.9)
    result = Cascade(edge, cloud, Rule("ambiguous", 0.2))(picture)
    assert (result.by, result.boxes.categories, result.uses) == ("edge", ("dog",), {})
    assert cloud.seen == []
    assert len(edge.seen) == 1


def test_the_edge_looks_at_the_mirror_image_where_the_doubt_needs_it(picture):
    edge, cloud = Bright("dog", 0.9), Bright("cat", 0.9)
    result = Cascade(edge, cloud, Rule("inconsistency", 0.0))(picture)
    assert result.by == "edge"
    np.testing.assert_array_equal(edge.seen[1], mirrored(picture))


def test_an_unsure_edge_hands_the_frame_over_and_it_is_counted(picture):
    edge, cloud = Bright("dog", 0.5), Bright("cat", 0.9)
    result = Cascade(edge, cloud, Rule("ambiguous", 0.2), quality=80)(picture)
    assert (result.by, result.boxes.categories) == ("cloud", ("cat",))
    file = packed(picture, 80)
    assert result.uses.of(purpose="frame", direction="backhaul") == len(file)
    assert result.uses.of(purpose="boxes", direction="backhaul") == BOX
    assert result.uses.of(direction="backhaul") == len(file) + BOX
    assert result.uses.total == 0  # none of it on the air
    # the cloud sees what crossed, not the edge's frame
    np.testing.assert_array_equal(cloud.seen[0], unpacked(file))
    assert np.any(cloud.seen[0] != picture)


def test_the_file_is_a_jpeg_that_anybody_reads(picture):
    opened = Image.open(io.BytesIO(packed(picture)))
    assert (opened.format, opened.size) == ("JPEG", (96, 64))
    assert len(packed(picture, 20)) < len(packed(picture, 95))


def test_a_lower_threshold_hands_more_frames_over():
    rng = np.random.default_rng(0)
    doubts = {"d": rng.random(100)}
    shares = [Rule("d", t).takes(doubts).mean() for t in (-np.inf, 0.2, 0.5, 1)]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == 1


def test_agreement_is_f1_at_half_overlap():
    reference = boxes(("dog", 0.9, 0, 0, 20, 20), ("cat", 0.8, 40, 0, 20, 20))
    same = boxes(("dog", 0.4, 2, 0, 20, 20), ("cat", 0.2, 40, 0, 20, 20))
    assert agreement(reference, reference) == 1
    assert agreement(same, reference) == pytest.approx(2 / 3)  # 0.2 does not count
    assert agreement(no_boxes((64, 96)), reference) == 0
    assert agreement(no_boxes((64, 96)), no_boxes((64, 96))) == 1


def test_mirrored_twice_is_the_same(picture):
    np.testing.assert_array_equal(mirrored(mirrored(picture)), picture)
    found = boxes(("dog", 0.9, 3, 5, 20, 30))
    turned = mirrored_boxes(found)
    np.testing.assert_allclose(turned.xywh, [[73, 5, 20, 30]])
    np.testing.assert_allclose(mirrored_boxes(turned).xywh, found.xywh)


@pytest.mark.parametrize("name", ["expected_f1", "entropy", "ambiguous"])
def test_sure_detections_are_doubted_less(name):
    sure, unsure = (
        boxes(("dog", p, 0, 0, 20, 20), ("cat", 1 - p, 40, 0, 20, 20))
        for p in (0.95, 0.6)
    )
    low, high = (DOUBTS[name](one, one) for one in (sure, unsure))
    assert low < high
    assert DOUBTS[name](no_boxes((64, 96)), no_boxes((64, 96))) == 0


def test_doubts_have_their_values():
    found = boxes(("dog", 0.8, 0, 0, 20, 20), ("cat", 0.1, 40, 0, 20, 20))
    # one detection counts, 0.8 hits of 0.9 objects
    assert DOUBTS["expected_f1"](found, found) == pytest.approx(1 - 1.6 / 1.9)
    assert DOUBTS["ambiguous"](found, found) == pytest.approx(0.2 + 0.1)
    assert DOUBTS["inconsistency"](found, found) == 0
    assert DOUBTS["inconsistency"](found, no_boxes((64, 96))) == 1


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ((Rule("ambigous", 1.0),), "unknown doubt 'ambigous'; did you mean"),
        ((Rule("entropy", 1.0), 0), "quality of a frame must be 1 to 100, got 0"),
    ],
)
def test_bad_input_is_one_line(given, line):
    with pytest.raises(InputError, match="^" + line):
        Cascade(Bright("dog", 1.0), Bright("cat", 1.0), *given)
