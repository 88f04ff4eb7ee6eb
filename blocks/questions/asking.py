"""Questions for the pictures of a set: made from its objects, or read from a file."""

from collections.abc import Mapping, Sequence
from typing import Any

from blocks.questions import human
from blocks.questions.answers import Answer
from blocks.questions.candidates import objects_of
from blocks.questions.made import made
from semlink.errors import InputError
from semlink.modalities.query import Query

MADE = "made"
Asked = tuple[Query, tuple[Answer, ...]]


def asked(
    questions: str,
    seed: int,
    images: Mapping[int, tuple[str, Sequence[Mapping[str, Any]], Any]],
) -> list[Asked | None]:
    """The query on each image and its answers; ``None`` where nothing is asked.

    Parameters
    ----------
    questions : ``made``, or path of a file (:mod:`blocks.questions.human`)
    seed : seed of made questions
    images : by id, file name, annotated instances, and (height, width) or ``None``

    Raises
    ------
    InputError
        The file is wrong, or there is no question.
    """
    if questions == MADE:
        found = [objects_of(objects, shape) for _, objects, shape in images.values()]
        names = [name for name, _, _ in images.values()]
        each = made(names, found, seed)
        if not any(each):
            must = "questions=made needs objects that decide a question"
            raise InputError(f"{must}, got none in {len(images)} images")
    else:
        found = human.read(questions, images)
        each = [found.get(image, []) for image in images]
    return [_joined(one) if one else None for one in each]


def _joined(pairs: Sequence[tuple[str, Answer]]) -> Asked:
    texts, answers = zip(*pairs, strict=True)
    return Query(questions=texts), answers
