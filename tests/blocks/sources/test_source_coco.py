"""The COCO source: its layout, its division, its annotations."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from blocks.sources.coco import CAPTIONS, INSTANCES, TEST_IMAGES, build, divide
from experiments.compose import sweep_of
from semlink import config
from semlink.errors import InputError
from semlink.protocols import Source
from semlink.store.results import ResultStore
from semlink.sweeps.listener import Unwatched

MINI = Path(__file__).parents[4] / "shared/data/coco-mini"
# SHA-256 of "7" starts with 79, of "11" with 4f, of "3" with 4e, of "5" with ef.
IN_ORDER = [3, 11, 7, 5]


def entry(image_id):
    name = f"COCO_val2014_{image_id:012}.jpg"
    return {"id": image_id, "file_name": name, "width": 24, "height": 16}


def instance(annotation_id, image_id, category_id):
    box = [1.0, 2.0, 3.0, 4.0]
    common = {"iscrowd": 0, "segmentation": [[0, 0, 1, 0, 1, 1]], "area": 12.0}
    ids = {"id": annotation_id, "image_id": image_id, "category_id": category_id}
    return {**ids, "bbox": box, **common}


def caption(annotation_id, image_id, text):
    return {"id": annotation_id, "image_id": image_id, "caption": text}


def write(root, ids=(3, 5, 7, 11), *, with_files=True):
    (root / "annotations").mkdir(parents=True)
    (root / "val2014").mkdir()
    images = [entry(i) for i in ids]
    categories = [{"id": 1, "name": "cat"}, {"id": 18, "name": "dog"}]
    objects = [instance(90, 7, 18), instance(20, 7, 1), instance(30, 3, 1)]
    texts = [caption(6, 7, "second"), caption(5, 7, "first"), caption(8, 5, "other")]
    for name, content in (
        (INSTANCES, {"annotations": objects, "categories": categories}),
        (CAPTIONS, {"annotations": texts}),
    ):
        (root / name).write_text(json.dumps({"images": images, **content}))
    for image in images if with_files else ():
        colour = (image["id"] * 10,) * 3
        Image.new("RGB", (24, 16), colour).save(root / "val2014" / image["file_name"])
    return root


def change(path, **entries):
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


def refusal(root, **params):
    with pytest.raises(InputError) as caught:
        build(str(root), **params)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_images_in_order_with_their_names(tmp_path, capsys):
    source = build(str(write(tmp_path)))
    assert isinstance(source, Source)
    expected = [entry(i)["file_name"] for i in IN_ORDER]
    assert [sample.name for sample in source] == expected
    assert [sample.index for sample in source] == [0, 1, 2, 3]
    colours = [sample.data[0, 0, 0] for sample in source]
    np.testing.assert_allclose(colours, np.multiply(IN_ORDER, 10), atol=2)
    assert capsys.readouterr() == ("", "")


def test_annotations_travel(tmp_path):
    first, _, third, last = (s.annotations for s in build(str(write(tmp_path))))
    box = {"bbox": [1.0, 2.0, 3.0, 4.0], "area": 12.0, "iscrowd": 0}
    outline = {"segmentation": [[0, 0, 1, 0, 1, 1]]}
    cat, dog = ({"category": c} | box | outline for c in ("cat", "dog"))
    assert third == {"instances": (cat, dog), "captions": ("first", "second")}
    assert first == {"instances": (cat,), "captions": ()}
    assert last == {"instances": (), "captions": ("other",)}


def test_gray_images_become_rgb(tmp_path):
    write(tmp_path)
    path = tmp_path / "val2014" / entry(3)["file_name"]
    Image.new("L", (24, 16), 130).save(path)
    image = build(str(tmp_path))[0].data
    assert image.shape == (16, 24, 3)
    assert np.unique(image).tolist() == [130]


def test_division_does_not_depend_on_the_order_of_the_file(tmp_path):
    ids = list(range(1, 1001))
    test, train = divide(ids)
    assert (test, train) == divide(reversed(ids))
    assert (len(test), len(train)) == (TEST_IMAGES, 1000 - TEST_IMAGES)
    assert sorted(test + train) == ids
    assert test != sorted(test)


def test_division_is_this_one():
    assert divide([3, 5, 7, 11]) == (IN_ORDER, [])


def test_parts_of_a_larger_set(tmp_path):
    ids = range(1, TEST_IMAGES + 3)
    write(tmp_path, ids, with_files=False)
    for i in ids:
        (tmp_path / "val2014" / entry(i)["file_name"]).touch()
    parts = {s: build(str(tmp_path), split=s) for s in ("test", "train", "all")}
    sizes = {s: len(part) for s, part in parts.items()}
    assert sizes == {"test": TEST_IMAGES, "train": 2, "all": TEST_IMAGES + 2}
    assert len(build(str(tmp_path), split="all", limit=7)) == 7


def test_ids_may_be_text_of_any_kind():
    assert sorted(divide(["\ud800", "a"])[0]) == ["a", "\ud800"]


def test_empty_part(tmp_path):
    message = refusal(write(tmp_path), split="train")
    assert "lists 4 images, and the first 504 are to test" in message
    assert message.endswith("got 'train'")


def test_missing_root(tmp_path):
    path = tmp_path / "nowhere" / INSTANCES
    expected = f"COCO annotations {str(path)!r} must be readable, got "
    assert refusal(tmp_path / "nowhere") == expected + "'No such file or directory'"


@pytest.mark.parametrize("name", [INSTANCES, CAPTIONS])
@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "3", '{"images": 3}', '{"images": [3]}', "\xff", "[" * 100_000],
    ids=range(8),
)
def test_malformed_json(tmp_path, capsys, name, content):
    path = write(tmp_path) / name
    path.write_text(content, encoding="latin-1")
    message = refusal(tmp_path)
    assert message.startswith(f"COCO annotations {str(path)!r} must be JSON as COCO")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "entries"),
    [
        (INSTANCES, {"images": [{"id": 3}]}),
        (INSTANCES, {"images": [{"id": 3, "file_name": 3}]}),
        (INSTANCES, {"images": [{"id": 3, "file_name": "a.jpg", "width": 24}]}),
        (INSTANCES, {"annotations": [{"id": 1, "image_id": 3}]}),
        (INSTANCES, {"categories": [], "annotations": [instance(1, 3, 99)]}),
        (CAPTIONS, {"annotations": [{"id": 1, "image_id": 3}]}),
        (CAPTIONS, {"annotations": [caption(1, 3, None)]}),
        (CAPTIONS, {"annotations": [caption(1, 3, "a"), caption("b", 3, "c")]}),
    ],
)
def test_entries_that_lack_something(tmp_path, name, entries):
    change(write(tmp_path) / name, **entries)
    assert f"{name}' must be JSON as COCO has it, got " in refusal(tmp_path)


def test_no_images_listed(tmp_path):
    change(write(tmp_path) / INSTANCES, images=[])
    assert "lists 0 images" in refusal(tmp_path, split="all")


def test_images_that_are_missing_or_broken_are_left_out_where_that_is_asked(tmp_path):
    everything = build(str(write(tmp_path)))
    first, second, *rest = (everything[i] for i in range(len(everything)))
    (tmp_path / "val2014" / first.name).unlink()
    (tmp_path / "val2014" / second.name).write_text("hello")
    left = build(str(tmp_path), bad_images="skip")
    assert len(left.skipped) == 2
    assert [left[i].name for i in range(len(left))] == [image.name for image in rest]
    assert left[0].annotations == rest[0].annotations


def test_missing_image(tmp_path):
    path = write(tmp_path) / "val2014" / entry(11)["file_name"]
    path.unlink()
    assert refusal(tmp_path) == f"image {str(path)!r} must exist, got 1 of 4 missing"


def test_broken_image_is_found_by_the_fingerprint(tmp_path):
    path = write(tmp_path) / "val2014" / entry(5)["file_name"]
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match=entry(5)["file_name"]):
        build(str(tmp_path)).fingerprint()


def test_fingerprint(tmp_path):
    one, two = (build(str(write(tmp_path / p))).fingerprint() for p in ("one", "two"))
    Image.new("RGB", (24, 16)).save(tmp_path / "two/val2014" / entry(5)["file_name"])
    assert one == two != build(str(tmp_path / "two")).fingerprint()


def another_caption(root):
    texts = json.loads((root / CAPTIONS).read_text())["annotations"]
    change(root / CAPTIONS, annotations=[texts[0] | {"caption": "third"}, *texts[1:]])


def another_box(root):
    objects = json.loads((root / INSTANCES).read_text())["annotations"]
    moved = objects[0] | {"bbox": [1.0, 2.0, 3.0, 5.0]}
    change(root / INSTANCES, annotations=[moved, *objects[1:]])


@pytest.mark.parametrize("edit", [another_caption, another_box])
def test_fingerprint_covers_annotations(tmp_path, edit):
    before = build(str(write(tmp_path))).fingerprint()
    edit(tmp_path)
    assert build(str(tmp_path)).fingerprint() != before


def test_a_point_is_simulated_again_after_a_caption_has_changed(tmp_path):
    root, simulated = write(tmp_path / "coco"), []
    for file in (root / "val2014").iterdir():
        Image.new("RGB", (24, 16)).save(file)
    kinds = {"transmitter": "uncoded", "channel": "awgn", "task": "reconstruction"}
    settings = {**kinds, "source": f"coco:{root}", "snr_db": "0", "cbr": "0.8"}

    class Counting(Unwatched):
        def finished(self, point, rows, resumed):
            simulated.append(not resumed)

    def run():
        job = sweep_of(config.validate(settings))
        with ResultStore(tmp_path / "run", metrics=job.metrics) as store:
            job.run(store, Counting())

    run()
    run()
    another_caption(root)
    run()
    assert simulated == [True, False, True]


@pytest.mark.skipif(not MINI.is_dir(), reason="needs shared/data/coco-mini")
def test_coco_mini():
    source = build(str(MINI))
    assert len(source) == 100
    names = [source[i].name for i in range(100)]
    assert len(set(names)) == 100
    assert names != sorted(names)
    sample = source[names.index("000000000802.jpg")]
    assert sample.data.shape == (640, 424, 3)
    notes = sample.annotations
    assert (
        "A kitchen with a refrigerator, stove and oven with cabinets."
        in (notes["captions"])
    )
    boxes = {o["category"]: o["bbox"] for o in notes["instances"]}
    assert boxes["refrigerator"] == [245.05, 185.23, 165.76, 356.03]
    assert "is empty, got 'train'" in refusal(MINI, split="train")
