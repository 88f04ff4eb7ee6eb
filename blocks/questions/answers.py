"""Accepted answers of a question, and the score of a given one."""

import re
from difflib import SequenceMatcher
from typing import NamedTuple

MADE = ("exists", "count", "larger", "relation")
HUMAN = ("yes_no", "number", "colour", "choice", "other")
KINDS = MADE + HUMAN
ENOUGH = 3  # annotators whose agreement makes an answer right
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_NUMBERS = ("zero", "one", "two", "three", "four", "five")
_NUMBERS += ("six", "seven", "eight", "nine", "ten")
_SPELT = {word: str(i) for i, word in enumerate(_NUMBERS)}
_SPELT |= {"none": "0", "gray": "grey", "color": "colour"}


class Answer(NamedTuple):
    """What is accepted as the answer of a question.

    kind : one of :data:`KINDS`
    accepted : the right answer, or those of the annotators, one each
    choices : answers to choose from; empty for a free answer
    """

    kind: str
    accepted: tuple[str, ...]
    choices: tuple[str, ...] = ()


def plain(answer: str) -> str:
    """An answer without case, punctuation and articles, small numbers as digits."""
    words = re.sub(r"[^\w\s]", " ", _ARTICLES.sub(" ", answer.lower())).split()
    return " ".join(_SPELT.get(word, word) for word in words)


def score(given: str, answer: Answer) -> float:
    """Score of an answer, 0 to 1.

    With choices, the given answer stands for the most similar choice. One accepted
    answer must be met; of several annotators, ``min(1, matches / 3)``.

    References
    ----------
    S. Antol et al., "VQA: Visual question answering", ICCV 2015 (soft score, here
    without its average over subsets of nine annotators).
    """
    if answer.choices:
        given = most_similar(given, answer.choices)
    said = plain(given)
    matches = sum(plain(one) == said for one in answer.accepted)
    return min(1.0, matches / min(ENOUGH, len(answer.accepted)))


def most_similar(given: str, choices: tuple[str, ...]) -> str:
    """The choice with most characters in common with an answer, the first of equals."""
    said = plain(given)

    def similarity(choice: str) -> float:
        return SequenceMatcher(None, said, plain(choice), autojunk=False).ratio()

    return max(choices, key=similarity)
