"""Questions and answers as a task: scores, kinds, floor and ceiling."""

import numpy as np
import pytest

from blocks.questions.answers import KINDS, Answer
from blocks.tasks.vqa import build
from semlink.errors import InputError
from semlink.metrics import Bounded, Bounds
from semlink.modalities.query import Query
from semlink.modalities.words import WORDS, Words
from semlink.signals import IMAGE, NO_BLOCKS, Estimate, Sample, unknown

GREY = np.full((40, 60, 3), 128, np.uint8)
DOGS = Words((("dog", 2),), (), ("dark", "smooth", "grey"))
QUESTIONS = (
    ("Is there a dog in the picture?", Answer("exists", ("yes",))),
    ("Is there a cat in the picture?", Answer("exists", ("no",))),
    ("How many dogs are in the picture?", Answer("count", ("3",))),
    ("How many dogs?", Answer("number", ("2", "2", *["3"] * 8))),
)


def asked(questions=QUESTIONS) -> Sample:
    texts, answers = zip(*questions, strict=True) if questions else ((), ())
    query = Query(questions=texts) if questions else None
    known = {"answers": answers} if questions else {}
    return Sample(GREY, IMAGE, GREY.size, 0, "asked", query, known)


def told(words: Words) -> Estimate:
    return Estimate(words, WORDS, False, NO_BLOCKS)


def test_scores_by_kind():
    seen = build().observe(asked(), told(DOGS))
    assert seen["answers_exists"] == (2, 2)
    assert seen["answers_count"] == (0, 1)
    assert seen["answers_number"] == (pytest.approx(2 / 3), 1)
    assert seen["answers"] == (pytest.approx(8 / 3), 4)
    assert seen["answers_larger"] == (0, 0)
    assert set(seen) == {"answers", *(f"answers_{kind}" for kind in KINDS)}


def test_a_lost_estimate_has_the_prior_answers():
    task = build()
    seen = task.observe(asked(), unknown(WORDS))
    assert seen["answers_exists"] == (1, 2)
    assert seen["answers_count"] == (0, 1)
    assert seen == task.observe(asked(), unknown())


def test_floor_and_ceiling():
    from skimage import data

    task, photo = build(), data.chelsea()
    questions = ("Is there a cat in the picture?", Answer("exists", ("yes",)))
    others = ("Is there a truck in the picture?", Answer("exists", ("no",)))
    query = Query(questions=(questions[0], others[0]))
    known = {"answers": (questions[1], others[1])}
    sample = Sample(photo, IMAGE, photo.size, 0, "cat", query, known)
    assert isinstance(task, Bounded)
    bounds = task.bounds([sample, asked(())])
    assert bounds == {"answers": Bounds(0.5, 1.0), "answers_exists": Bounds(0.5, 1.0)}


def test_a_sample_without_questions_does_not_count():
    seen = build().observe(asked(()), told(DOGS))
    assert set(seen.values()) == {(0.0, 0.0)}
    assert build().bounds([asked(())]) == {}
    # a query of another kind asks nothing
    other = asked(())._replace(query=2)
    assert set(build().observe(other, told(DOGS)).values()) == {(0.0, 0.0)}


def test_the_mean_is_over_questions():
    task = build()
    assert {metric.kind for metric in task.metrics} == {"ratio"}
    assert [metric.name for metric in task.metrics if metric.headline] == ["answers"]


def test_a_source_must_ask_something():
    task = build()
    assert task.for_source([asked(()), asked()]) is task
    with pytest.raises(
        InputError, match=r"questions=made\], got 2 samples without any"
    ):
        task.for_source([asked(()), asked(())])
