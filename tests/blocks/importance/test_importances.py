"""Maps of importance, and their bits."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from blocks.detection import Cached
from blocks.importances import (
    HIGHEST,
    IMPORTANCES,
    grid_of,
    importance,
    marked,
    pixels_of,
    weights_of,
)
from blocks.keywords import named
from blocks.phy.level_map import LevelMaps
from semlink.errors import InputError
from semlink.modalities.query import Query

MAPS = LevelMaps(HIGHEST + 1)


@pytest.fixture
def sample(photo_of, sample_of):
    return sample_of(np.ascontiguousarray(photo_of(0)[:200, :250]))


def test_boxes_mark_the_cells_that_they_overlap():
    levels = marked((50, 70, 3), np.array([[15, 0, 2, 16.5], [60, 40, 900, 9]]), 2)
    expected = np.zeros((4, 5), np.uint8)
    expected[:2, :2], expected[2:, 3:] = 2, 2
    np.testing.assert_array_equal(levels, expected)
    assert pixels_of(levels, (50, 70, 3)).shape == (50, 70)
    assert not marked((50, 70, 3), np.zeros((0, 4)), 2).any()


def rectangles(shape, count, seed=0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, 16 * np.min(shape), (count, 2))
    boxes = np.concatenate([corners, rng.integers(30, 200, (count, 2))], axis=1)
    return marked((16 * shape[0], 16 * shape[1]), boxes, 2)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (30, 40)])
def test_a_map_comes_back_from_its_bits(shape):
    rng = np.random.default_rng(1)
    noise = rng.integers(0, HIGHEST + 1, shape).astype(np.uint8)
    for levels in (noise, np.zeros(shape, np.uint8), rectangles(shape, 3)):
        decoded = MAPS.decode(MAPS.encode(levels), shape)
        assert decoded.dtype == np.uint8
        np.testing.assert_array_equal(decoded, levels)


def test_a_map_costs_the_corners_of_its_objects():
    assert len(MAPS.encode(np.zeros((30, 40), np.uint8))) == 0
    few, many = (len(MAPS.encode(rectangles((30, 40), n))) for n in (1, 6))
    assert 32 <= few < 120
    assert few < many < 120 * 6


@pytest.mark.parametrize("name", IMPORTANCES.names())
def test_every_component_gives_a_map(name, sample):
    made = importance(name)
    known = {"instances": ({"category": "dog", "bbox": [10, 10, 50, 60]},)}
    asked = sample._replace(query=Query(classes=("dog",)), annotations=known)
    levels = made(asked)
    assert levels.shape == grid_of(sample.data.shape) == (13, 16)
    np.testing.assert_array_equal(importance(name)(asked), levels)
    if not made.oracle:  # truth changes nothing
        truthless = asked._replace(annotations={})
        np.testing.assert_array_equal(importance(name)(truthless), levels)
    assert made.oracle == (name == "annotations")


def test_without_a_query_nothing_matters_more(sample):
    assert not importance("query")(sample).any()
    assert importance("query").hears_query
    assert importance("annotations[of=query]").hears_query
    assert not importance("annotations").hears_query
    assert importance("none") is None


def test_what_stands_out_is_salient(sample_of):
    image = np.full((256, 320, 3), 120, np.uint8)
    image[96:160, 64:128] = np.random.default_rng(0).integers(0, 255, (64, 64, 3))
    weights = weights_of(importance("saliency")(sample_of(image)))
    assert weights[6:10, 4:8].mean() > 4 * weights.mean()


@pytest.mark.parametrize(("question", "names"), [
    ("How many dogs are near the buses?", ("bus", "dog")),
    ("Is the man left of the television?", ("person", "tv")),
    ("What colour is the Stop Sign?", ("stop sign",)),
    ("Is it raining?", ()),
    ("Is the carpet red?", ()),
])  # fmt: skip
def test_keywords_of_questions(question, names):
    assert named(Query((question,))) == names
    assert set(named(Query((question,), ("zebra",)))) == {*names, "zebra"}


def test_a_component_that_is_none_is_refused(tmp_path, sample):
    with pytest.raises(InputError, match="unknown importance 'detectr'; did you mean"):
        importance("detectr")
    path = tmp_path / "own.py"
    path.write_text("def build():\n    return 3\n")
    with pytest.raises(InputError, match="must return a callable with hears_query"):
        importance(str(path))
    path = tmp_path / "other.py"
    path.write_text(
        "import numpy as np\n\n\nclass Own:\n    hears_query = False\n\n"
        "    def __call__(self, sample):\n        return np.zeros((2, 2))\n\n\n"
        "def build():\n    return Own()\n"
    )
    with pytest.raises(InputError, match=r"levels from 0 to 3 as uint8 \[13, 16\]"):
        importance(str(path))(sample)


def test_threads_have_the_maps_of_one(photo_of, sample_of):
    """Codecs that run as processes are planned in threads; a detector serves one."""
    images = [np.ascontiguousarray(photo_of(n)[:160, :240]) for n in range(5)]
    samples = [sample_of(image, n) for n, image in enumerate(images)]
    alone = list(map(importance("detector[confidence=0.06]"), samples))
    made = importance("detector[confidence=0.06]")
    made._inner._find = Cached(made._inner._find._inner)  # which has seen nothing
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(made, samples))
    np.testing.assert_array_equal(alone, together)
