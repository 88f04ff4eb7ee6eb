"""The COCO source with questions: queries, answers, fingerprints, and refusals."""

import json

import pytest
from PIL import Image

from blocks.questions.answers import Answer
from blocks.sources.coco import CAPTIONS, INSTANCES, build
from semlink.errors import InputError
from semlink.modalities.query import Query

CATEGORIES = [{"id": 1, "name": "cat"}, {"id": 18, "name": "dog"}]
IN_ORDER = [3, 7, 5]  # by the hashes of their ids


def write(root, *, box=(2.0, 2.0, 12.0, 8.0), of=((3, 1), (7, 18))):
    for folder in ("annotations", "val2014"):
        (root / folder).mkdir(exist_ok=True)
    images = [
        {"id": i, "file_name": f"{i}.jpg", "width": 24, "height": 16} for i in IN_ORDER
    ]
    common = {"iscrowd": 0, "bbox": list(box), "area": 96}
    objects = [
        {"id": n, "image_id": i, "category_id": c} | common
        for n, (i, c) in enumerate(of)
    ]
    instances = {"images": images, "annotations": objects, "categories": CATEGORIES}
    (root / INSTANCES).write_text(json.dumps(instances))
    captions = {"images": images, "annotations": []}
    (root / CAPTIONS).write_text(json.dumps(captions))
    for i in IN_ORDER:
        Image.new("RGB", (24, 16)).save(root / "val2014" / f"{i}.jpg")
    return str(root)


def questions(root, *entries) -> str:
    path = root / "questions.json"
    path.write_text(json.dumps(list(entries)))
    return str(path)


def test_made_questions_travel_with_their_pictures(tmp_path):
    root = write(tmp_path)
    source = build(root, questions="made")
    for sample in source:
        assert len(sample.query.questions) == len(sample.annotations["answers"]) > 0
        assert {"instances", "captions"} <= set(sample.annotations)
    answers = {
        (s.name, q): a.accepted[0]
        for s in source
        for q, a in zip(s.query.questions, s.annotations["answers"], strict=True)
    }
    assert answers["3.jpg", "Is there a cat in the picture?"] == "yes"
    assert build(root, questions="made").fingerprint() == source.fingerprint()
    assert build(root)[0].query is None


def test_images_without_questions_are_left_out(tmp_path):
    root = write(tmp_path)
    entry = {"image_id": 7, "question": "Is it?", "answer": "yes"}
    other = {"image_id": 5, "question": "What?", "answer": "it"}
    file = questions(tmp_path, other, entry)
    source = build(root, questions=file)
    assert [s.name for s in source] == [f"{i}.jpg" for i in IN_ORDER if i != 3]
    found = {sample.name: sample for sample in source}
    assert found["7.jpg"].query == Query(questions=("Is it?",))
    assert found["7.jpg"].annotations["answers"] == (Answer("other", ("yes",)),)
    (tmp_path / "val2014" / "5.jpg").write_text("no image")
    left = build(root, questions=file, bad_images="skip")
    assert [s.name for s in left] == ["7.jpg"]
    assert left[0].query == Query(questions=("Is it?",))


def test_the_fingerprint_covers_questions_and_answers(tmp_path):
    root = write(tmp_path)
    entry = {"image_id": 7, "question": "Is it?", "answer": "yes"}
    prints = {build(root, questions=questions(tmp_path, entry)).fingerprint()}
    for change in ({"question": "Was it?"}, {"answer": "no"}):
        file = questions(tmp_path, entry | change)
        prints.add(build(root, questions=file).fingerprint())
    assert len(prints) == 3


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"of": ()}, "needs objects that decide a question, got none in 3 images"),
        ({"box": (1.0, 2.0, 3.0)}, "must be JSON as COCO has it, got ValueError"),
        ({"box": ("a", 2, 3, 4)}, "must be JSON as COCO has it, got TypeError"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_line(changed, said, tmp_path):
    root = write(tmp_path, **changed)
    with pytest.raises(InputError, match=said) as caught:
        build(root, questions="made")
    assert "\n" not in str(caught.value)


def test_a_file_of_other_images_is_refused(tmp_path):
    entry = {"image_id": 999, "question": "Is it?", "answer": "yes"}
    file = questions(tmp_path, entry)
    with pytest.raises(InputError, match="must be on images of this set, got 1 on"):
        build(write(tmp_path), questions=file)
