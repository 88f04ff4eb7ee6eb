"""Scores of answers, questions as programs, and prior answers."""

import pytest

from blocks.questions.answers import Answer, plain, score
from blocks.questions.parsing import Program, parse
from blocks.questions.priors import prior_answer


@pytest.mark.parametrize("matches", range(11))
def test_the_score_of_ten_annotators(matches):
    answer = Answer("other", ("dog",) * matches + ("cat",) * (10 - matches))
    assert score("dog", answer) == min(1, matches / 3)


def test_one_accepted_answer_is_met_or_not():
    answer = Answer("count", ("2",))
    assert score("2", answer) == score("Two.", answer) == 1
    assert score("3", answer) == 0


def test_an_answer_stands_for_the_most_similar_choice():
    answer = Answer("choice", ("hole punch",), ("scissors", "pen", "hole punch"))
    assert score("a hole puncher", answer) == 1
    assert score("scissor", answer) == 0


def test_answers_without_case_articles_and_punctuation():
    assert plain("The  Gray dog, two!") == plain("grey dog 2") == "grey dog 2"


@pytest.mark.parametrize(
    ("question", "program"),
    [
        ("Is there a truck in the image?", Program("exists", ("truck",))),
        ("Are there people?", Program("exists", ("person",))),
        ("Is there a man wearing a hat?", Program("unknown")),
        ("Is there a hot dog in the picture?", Program("exists", ("hot dog",))),
        ("How many women are playing?", Program("count", ("person",))),
        ("How many legs do they have?", Program("unknown")),
        ("What color is the bus on the left?", Program("colour", ("bus",))),
        ("What colour are the sheep?", Program("colour", ("sheep",))),
        ("Why is it? Choose: a; b.", Program("unknown", (), ("a", "b"))),
        (
            "Which is larger in the picture, the hot dog or the dog?",
            Program("larger", ("hot dog", "dog")),
        ),
        (
            "Are the skis to the left or to the right of the person?",
            Program("relation", ("skis", "person")),
        ),
    ],
)
def test_questions_as_programs(question, program):
    assert parse(question) == program


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Is there a dog in the picture?", "yes"),
        ("Does it rain?", "yes"),
        ("How many legs are there?", "2"),
        ("What color is the sky? Choose: red; white.", "white"),
        ("Why? Choose: because; not.", "because"),
        ("Which is larger in the picture, the cat or the dog?", "cat"),
        ("Is the cat to the left or to the right of the dog?", "left"),
        ("Who is it?", "nothing"),
    ],
)
def test_prior_answers_follow_from_the_question(question, answer):
    assert prior_answer(question) == answer
