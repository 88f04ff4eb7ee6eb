"""Made questions: answers that annotations decide, balanced, the same by seed."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from blocks.questions.candidates import candidates, objects_of
from blocks.questions.made import MOST, made
from blocks.questions.parsing import parse
from blocks.questions.priors import prior_answer

SHAPE = (400, 500)


def instance(category, x, y, width, height, iscrowd=0):
    box = [float(v) for v in (x, y, width, height)]
    return {"category": category, "bbox": box, "iscrowd": iscrowd}


def asked(*instances) -> dict[str, str]:
    """Answers by question, of all candidates on a picture."""
    found = objects_of(instances, SHAPE)
    return {one.question: one.answer for one in candidates(found)}


@pytest.fixture(scope="module")
def many():
    """Give 200 pictures of random objects, and the questions on them."""
    rng = np.random.default_rng(0)
    found, names = [], []
    for number in range(200):
        categories = rng.choice(["person", "dog", "cup", "bus", "skis"], 4)
        boxes = rng.uniform([0, 0, 20, 20], [300, 200, 200, 200], (4, 4))
        objects = [instance(c, *b) for c, b in zip(categories, boxes, strict=True)]
        found.append(objects_of(objects, SHAPE))
        names.append(f"{number}.jpg")
    return names, found, made(names, found)


def test_what_is_there_and_how_many():
    said = asked(instance("dog", 0, 0, 100, 100), instance("dog", 200, 0, 90, 90))
    assert said["Is there a dog in the picture?"] == "yes"
    assert said["Is there an oven in the picture?"] == "no"
    assert said["Are there skis in the picture?"] == "no"
    assert said["How many dogs are in the picture?"] == "2"


def test_which_is_larger_and_where():
    said = asked(instance("dog", 0, 0, 100, 100), instance("knife", 300, 0, 80, 40))
    assert said["Which is larger in the picture, the dog or the knife?"] == "dog"
    assert said["Which is larger in the picture, the knife or the dog?"] == "dog"
    assert said["Is the dog to the left or to the right of the knife?"] == "left"
    assert said["Is the knife to the left or to the right of the dog?"] == "right"
    assert said["How many knives are in the picture?"] == "1"


@pytest.mark.parametrize(
    ("objects", "unasked"),
    [
        ([("dog", 0, 0, 300, 300, 1)], "there a dog"),  # a crowd
        ([("dog", 0, 0, 10, 10)], "there a dog"),  # 0.05 % of the picture
        ([("dog", 40 * i, 0, 50, 50) for i in range(5)], "How many dogs"),
        ([("skis", 0, 0, 99, 99)], "How many skis"),
        ([("dog", 0, 0, 90, 90), ("cup", 0, 0, 80, 80)], "larger"),  # too similar
        ([("dog", 0, 0, 90, 90), ("cup", 50, 0, 80, 80)], "left"),  # too near
        (
            [("dog", 0, 0, 90, 90), ("dog", 300, 0, 90, 90), ("cup", 0, 0, 40, 40)],
            "the dog",
        ),
    ],
)
def test_what_is_not_clear_is_not_asked(objects, unasked):
    said = asked(*(instance(*o) for o in objects))
    assert said
    assert not any(f" {unasked}" in f" {question}" for question in said)


def test_answers_are_balanced_over_kinds(many):
    _, _, questions = many
    answers = defaultdict(Counter)
    for question, answer in (pair for one in questions for pair in one):
        named = parse(question).categories
        value = answer.accepted[0]
        if answer.kind == "larger":
            value = named.index(value)
        answers[answer.kind][value] += 1
    assert set(answers) == {"exists", "count", "larger", "relation"}
    for counts in answers.values():
        assert max(counts.values()) - min(counts.values()) <= 1
    assert set(answers["count"]) <= set("1234")


def test_answers_are_balanced_for_each_category(many):
    _, _, questions = many
    wins, there = defaultdict(Counter), defaultdict(Counter)
    for question, answer in (pair for one in questions for pair in one):
        for name in parse(question).categories:
            if answer.kind == "larger":
                wins[name][answer.accepted[0] == name] += 1
            if answer.kind == "exists":
                there[name][answer.accepted[0]] += 1
    for counts in (*wins.values(), *there.values()):
        assert abs(np.diff(list(counts.values()) + [0] * (2 - len(counts)))) <= 1


def test_the_prior_answers_stand_at_their_share(many):
    _, _, questions = many
    right = defaultdict(list)
    for question, answer in (pair for one in questions for pair in one):
        right[answer.kind].append(prior_answer(question) == answer.accepted[0])
    for kind, share in (("exists", 1 / 2), ("larger", 1 / 2), ("relation", 1 / 2)):
        assert np.mean(right[kind]) == pytest.approx(share, abs=1 / len(right[kind]))
    assert np.mean(right["count"]) <= 1 / 2


def test_few_of_a_kind_on_a_picture_and_none_twice(many):
    _, _, questions = many
    for one in questions:
        assert max(Counter(a.kind for _, a in one).values(), default=0) <= MOST
        about = [(a.kind, frozenset(parse(q).categories)) for q, a in one]
        assert len(set(about)) == len(about)


def test_the_same_by_seed_and_other_by_another(many):
    names, found, questions = many
    assert made(names, found) == questions
    assert made(names, found, seed=1) != questions


def test_every_question_is_understood_by_the_program(many):
    _, _, questions = many
    for question, answer in (pair for one in questions for pair in one):
        assert parse(question).operation == answer.kind
