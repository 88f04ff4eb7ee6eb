"""Average precision through our path is pycocotools' own, to the last digit."""

import contextlib
import io
import json

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from blocks.tasks.average_precision import STATS, Precision, counted
from semlink.modalities.categories import CATEGORIES

SIZE = 640


def box_of(rng, side) -> list[float]:
    width, height = rng.uniform(0.5, 1.5, 2) * side
    return [*map(float, rng.uniform(0, SIZE - 2 * side, 2)), width, height]


def observation(rng) -> dict:
    """Objects of all sizes, some found again, some not, and some in a crowd."""
    objects, found = [], []
    for _ in range(rng.integers(0, 7)):
        name, side = str(rng.choice(CATEGORIES[:5])), rng.choice([20, 60, 200])
        box, crowd = box_of(rng, side), int(rng.random() < 0.1)
        objects.append([name, *box, 0.7 * box[2] * box[3], crowd])
        for _ in range(rng.integers(0, 3)):
            moved = box + rng.normal(0, 0.08, 4) * side
            found.append([name, float(rng.random()), *map(float, moved)])
    for _ in range(rng.integers(0, 4)):
        name = str(rng.choice(CATEGORIES[:7]))
        found.append([name, float(rng.random()), *box_of(rng, 80)])
    return {"objects": objects, "found": found}


@pytest.fixture(scope="module")
def observations():
    rng = np.random.default_rng(3)
    return [observation(rng) for _ in range(40)]


def by_hand(observations, folder) -> dict[str, float]:
    """A file of COCO's, results as COCO takes them, and COCOeval."""
    number = {name: place for place, name in enumerate(CATEGORIES, 1)}
    images = [{"id": i} for i in range(len(observations))]
    rows = [(i, row) for i, seen in enumerate(observations) for row in seen["objects"]]
    annotations = [
        {
            "id": place,
            "image_id": i,
            "category_id": number[name],
            "bbox": box,
            "area": area,
            "iscrowd": crowd,
        }
        for place, (i, (name, *box, area, crowd)) in enumerate(rows, 1)
    ]
    categories = [{"id": i, "name": name} for name, i in number.items()]
    names = ("images", "annotations", "categories")
    tree = dict(zip(names, (images, annotations, categories), strict=True))
    (folder / "instances.json").write_text(json.dumps(tree))
    results = [
        {"image_id": i, "category_id": number[name], "bbox": box, "score": score}
        for i, seen in enumerate(observations)
        for name, score, *box in seen["found"]
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(folder / "instances.json")
        judge = COCOeval(truth, truth.loadRes(results), "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return {name: judge.stats[place] for name, place in STATS.items()}


def test_it_is_that_of_pycocotools_by_hand(observations, tmp_path):
    expected = by_hand(observations, tmp_path)
    assert len(set(expected.values())) == len(STATS)
    assert all(0 < value < 1 for value in expected.values())
    stored = json.loads(json.dumps(observations))
    assert Precision(stored).whole() == expected


def test_a_resample_is_scored_as_its_pictures_would_be(observations):
    rng = np.random.default_rng(4)
    precision = Precision(observations)
    for _ in range(5):
        index = rng.integers(len(observations), size=len(observations))
        expected = Precision([observations[i] for i in index]).whole()
        scores = precision(index)
        np.testing.assert_allclose(
            [scores[name] for name in STATS],
            [expected[name] for name in STATS],
            atol=1e-12,
        )


def test_the_whole_set_is_a_resample_of_itself(observations):
    precision = Precision(observations)
    whole, same = precision.whole(), precision(range(len(observations)))
    np.testing.assert_allclose([*same.values()], [*whole.values()], atol=1e-12)
    assert list(same) == list(whole)
    assert precision(None) == whole


@pytest.mark.parametrize(
    "objects", [[], [["cat", 0, 0, 9, 9, 81, 1]]], ids=["nothing", "a crowd"]
)
def test_without_objects_there_is_no_average_precision(objects):
    found = [["cat", 0.9, 0, 0, 9, 9]]
    precision = Precision([{"objects": objects, "found": found}])
    assert np.isnan([*precision.whole().values()]).all()
    assert np.isnan([*precision([0, 0]).values()]).all()


CAT = ["cat", 10, 10, 40, 40, 1600, 0]
CROWD = ["cat", 0, 0, 300, 300, 90000, 1]


@pytest.mark.parametrize(
    ("objects", "found", "counts", "f1"),
    [
        ([], [], (0, 0, 0), 1.0),
        ([CAT], [], (0, 0, 1), 0.0),
        ([], [["cat", 0.9, 10, 10, 40, 40]], (0, 1, 0), 0.0),
        ([CAT], [["cat", 0.9, 10, 10, 40, 40]], (1, 0, 0), 1.0),
        ([CAT], [["dog", 0.9, 10, 10, 40, 40]], (0, 1, 1), 0.0),
        # an IoU of exactly one half is a match, less is none
        ([CAT], [["cat", 0.9, 10, 10, 40, 20]], (1, 0, 0), 1.0),
        ([CAT], [["cat", 0.9, 10, 10, 40, 19]], (0, 1, 1), 0.0),
        # the second of two on one object is false
        ([CAT], [["cat", s, 10, 10, 40, 40] for s in (0.9, 0.8)], (1, 1, 0), 2 / 3),
        # nothing in a crowd counts
        ([CROWD], [["cat", s, 50, 50, 40, 40] for s in (0.9, 0.8)], (0, 0, 0), 1.0),
        ([CROWD], [], (0, 0, 0), 1.0),
    ],
)
def test_f1_is_counted_as_coco_matches(objects, found, counts, f1):
    result = counted({"objects": objects, "found": found})
    assert tuple(result) == counts
    assert result.f1 == f1
