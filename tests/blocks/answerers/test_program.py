"""The program answerer on boxes, on words, and on pictures."""

from collections import Counter

import numpy as np
import pytest

from blocks.answering import answerer, checked
from blocks.colours import TYPICAL, main_colour
from blocks.questions.scenes import mentioned
from semlink.errors import InputError
from semlink.modalities.boxes import BOXES, Boxes, no_boxes
from semlink.modalities.words import WORDS, Thing, Words, words_to_boxes
from semlink.signals import IMAGE

SIZE = (100, 200)
OBJECTS = Words(
    (("dog", 3), ("cat", 1)),
    (
        Thing("dog", 0.9, (0.0, 0.0, 0.5, 0.5), "red"),
        Thing("cat", 0.8, (0.7, 0.5, 0.1, 0.2), "black"),
        Thing("dog", 0.2, (0.9, 0.0, 0.1, 0.1), "white"),
    ),
    ("dark", "smooth", "blue"),
)
QUESTIONS = {
    "Is there a dog in the picture?": "yes",
    "Is there a bus in the picture?": "no",
    "Which is larger in the picture, the cat or the dog?": "dog",
    "Which is larger in the picture, the cat or the bus?": "cat",
    "Is the cat to the left or to the right of the dog?": "right",
    "What does the animal do? Choose: rain; a cat.": "a cat",
    "Why is it so?": "nothing",
    "Which is larger in the picture, the cup or the bus?": "cup",
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_boxes_and_words_answer_alike(question):
    ask = answerer("program")
    assert ask(question, OBJECTS, WORDS) == QUESTIONS[question]
    boxes = words_to_boxes(OBJECTS, SIZE)
    assert ask(question, boxes, BOXES) == QUESTIONS[question]


def test_numbers_and_colours_are_those_of_the_words():
    ask = answerer("program")
    assert ask("How many dogs are in the picture?", OBJECTS, WORDS) == "3"
    assert ask("What color is the cat?", OBJECTS, WORDS) == "black"
    assert ask("What color is the bus?", OBJECTS, WORDS) == "white"  # the prior
    # boxes below the least confidence are none
    boxes = words_to_boxes(OBJECTS, SIZE)
    assert ask("How many dogs are in the picture?", boxes, BOXES) == "1"
    assert ask("How many dogs are there?", no_boxes(SIZE), BOXES) == "2"


def test_words_as_boxes():
    boxes = words_to_boxes(OBJECTS, SIZE)
    assert isinstance(boxes, Boxes)
    np.testing.assert_allclose(boxes.xywh[1], [140, 50, 20, 20], rtol=1e-6)
    assert boxes.categories == ("dog", "cat", "dog")
    assert len(words_to_boxes(Words(), SIZE).categories) == 0


def test_a_caption_is_what_it_mentions():
    caption = "Two young women and three dogs near a bus with some cups."
    found = {"person": 2, "dog": 3, "bus": 1, "cup": 2}
    assert mentioned(caption) == Counter(found)
    ask, words = answerer("program"), Words(caption=caption)
    assert ask("How many dogs are in the picture?", words, WORDS) == "3"
    assert ask("Is there a cat in the picture?", words, WORDS) == "no"
    assert ask("Is the cup to the left or to the right of the dog?", words, WORDS)


def test_objects_and_colours_of_a_photo():
    from skimage import data

    ask, photo = answerer("program"), data.chelsea()
    assert ask("Is there a cat in the picture?", photo, IMAGE) == "yes"
    assert ask("Is there a truck in the picture?", photo, IMAGE) == "no"
    assert ask("What color is the cat?", photo, IMAGE) in ("brown", "orange", "grey")


@pytest.mark.parametrize("name", TYPICAL)
def test_a_flat_part_has_its_colour(name):
    for colour in TYPICAL[name]:
        image = np.full((40, 60, 3), 255, np.uint8)
        image[10:30, 20:50] = colour
        assert main_colour(image, (1 / 3, 1 / 4, 1 / 2, 1 / 2)) == name
    assert main_colour(np.zeros((1, 1, 3), np.uint8), (0.9, 0.9, 0.5, 0.5)) == "black"


def test_what_is_no_answerer_or_no_answer_is_refused():
    with pytest.raises(InputError, match="unknown answerer 'oracle'; .*known: blip"):
        answerer("oracle")
    with pytest.raises(InputError, match="answerer x must return an answer as str"):
        checked(7, "x")
