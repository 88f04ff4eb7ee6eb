"""Questions of people: the file's format, its kinds, and what is refused."""

import json

import pytest

from blocks.questions.choices import with_choices, without_choices
from blocks.questions.human import read
from semlink.errors import InputError

TEN = ["white"] * 6 + ["black"] * 4
ENTRIES = [
    {"image_id": 1, "question": "What is it?", "answer": "a", "choices": ["a", "b"]},
    {"image_id": 1, "question": "Is it?", "answer": "no", "choices": ["yes", "no"]},
    {"image_id": 2, "question": "What color is it?", "answers": TEN},
    {"image_id": 2, "question": "What?", "answers": TEN, "answer_type": "other"},
    {"image_id": 2, "question": "How many?", "answer": "2", "answer_type": "number"},
    {"image_id": 2, "question": "How?", "answer": "3", "choices": ["3", "three", ""]},
    {"image_id": 9, "question": "Elsewhere?", "answer": "yes"},
]


@pytest.fixture
def written(tmp_path):
    """Write a file of questions; return its path."""

    def write(content) -> str:
        path = tmp_path / "questions.json"
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text)
        return str(path)

    return write


def test_kinds_and_accepted_answers(written):
    found = read(written(ENTRIES), {1, 2, 3})
    assert set(found) == {1, 2}
    kinds = [answer.kind for _, answer in found[1] + found[2]]
    assert kinds == ["choice", "yes_no", "colour", "other", "number", "number"]
    (asked, choice), (plain, _) = found[1]
    assert asked == "What is it? Choose: a; b."
    assert choice.choices == ("a", "b")
    assert plain == "Is it?"
    assert found[2][0][1].accepted == tuple(TEN)
    assert found[2][3][1].choices == ("3", "three")
    assert read(written({"questions": ENTRIES}), {1, 2, 3}) == found


def test_choices_come_back_from_the_text():
    choices = ("tennis lesson", "a. b", "red, green")
    assert without_choices(with_choices("What?", choices)) == ("What?", choices)
    assert without_choices("What?") == ("What?", ())


GOOD = {"image_id": 1, "question": "What?", "answer": "yes"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "must be JSON, got "),
        ([], "must be a list of questions, got list of 0"),
        ({"other": 1}, "must be a list of questions, got None"),
        ([1], "question 0 in .* must be an object, got 1"),
        ([GOOD | {"image_id": "1"}], "image_id must be a whole number, got '1'"),
        ([{"image_id": 1, "answer": "a"}], "question must be text, got none"),
        ([{"image_id": 1, "question": "Is it?"}], "answer must be text, got none"),
        ([GOOD | {"answer": 2}], "answer must be text, got 2"),
        ([GOOD | {"answers": "yes"}], "answers must be a list of texts, got 'yes'"),
        ([GOOD | {"choices": [1]}], "choices must be a list of texts, got list of 1"),
        ([GOOD | {"choices": ["a"]}], "answer must be one of its choices, got 'yes'"),
        ([GOOD | {"answer_type": "smell"}], "answer_type must be .*, got 'smell'"),
        ([GOOD | {"image_id": 5}], "must be on images of this set, got 1 on others"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(content, said, written):
    with pytest.raises(InputError, match=said) as caught:
        read(written(content), {1})
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused():
    with pytest.raises(InputError, match="'/nowhere.json' must be readable, got 'No "):
        read("/nowhere.json", {1})
