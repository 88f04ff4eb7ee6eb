"""Questions on a picture whose answers COCO's annotations decide beyond doubt.

A category with a crowd region is not asked for. Sizes and positions have margins, for
boxes are drawn by hand. Areas are those of boxes, as some sets have no outlines.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any, NamedTuple

from blocks.coco_names import MASS, PAIRS, plural, with_article
from semlink.modalities.categories import CATEGORIES

LEAST_AREA = 0.01  # share of the picture; objects below are easily overlooked
LEAST_COUNTED = 0.003  # area of each of several objects
MOST_COUNTED = 4
LEAST_RATIO = 1.5  # of areas
LEAST_APART = 0.2  # centres, share of the picture's width


class Objects(NamedTuple):
    """Objects of one category in a picture.

    areas : share of the picture that each box covers
    centres : horizontal position of each box, share of the picture's width
    crowd : whether there are others that are not annotated one by one
    """

    areas: tuple[float, ...]
    centres: tuple[float, ...]
    crowd: bool


class Candidate(NamedTuple):
    """A question that may be asked.

    kind, question, answer : as in :class:`blocks.questions.answers.Answer`
    about : categories
    balance : pairs (key, value): for each key, all values are to be equally frequent
    """

    kind: str
    question: str
    answer: str
    about: tuple[str, ...]
    balance: tuple[tuple[tuple[str, ...], str], ...]


def objects_of(
    instances: Sequence[Mapping[str, Any]], shape: tuple[int, int] | None
) -> dict[str, Objects]:
    """Objects by category, from a picture's annotations.

    Parameters
    ----------
    instances : annotations with ``category``, ``bbox`` and ``iscrowd``
    shape : height and width of the picture; may be ``None`` if there are none
    """
    height, width = shape or (1, 1)
    found: dict[str, Objects] = {}
    for instance in instances:
        category, (x, _, w, h) = instance["category"], instance["bbox"]
        before = found.get(category, Objects((), (), False))
        if instance["iscrowd"]:
            found[category] = before._replace(crowd=True)
            continue
        areas = (*before.areas, w * h / (height * width))
        centres = (*before.centres, (x + w / 2) / width)
        found[category] = Objects(areas, centres, before.crowd)
    return found


def candidates(found: Mapping[str, Objects]) -> Iterator[Candidate]:
    """All questions on a picture that its objects decide."""
    clear = {k: v for k, v in found.items() if not v.crowd and k in CATEGORIES}
    yield from _exists(found, clear)
    yield from _counts(clear)
    single = {
        k: (v.areas[0], v.centres[0])
        for k, v in clear.items()
        if len(v.areas) == 1 and v.areas[0] >= LEAST_AREA
    }
    for pair in permutations(sorted(single), 2):
        yield from _larger(pair, [single[name][0] for name in pair])
        yield from _relation(pair, [single[name][1] for name in pair])


def _exists(found, clear: Mapping[str, Objects]) -> Iterator[Candidate]:
    for name in CATEGORIES:
        if name in found and (name not in clear or max(clear[name].areas) < LEAST_AREA):
            continue
        verb = "Are" if name in PAIRS else "Is"
        question = f"{verb} there {with_article(name)} in the picture?"
        yield _candidate("exists", question, "yes" if name in found else "no", name)


def _counts(clear: Mapping[str, Objects]) -> Iterator[Candidate]:
    for name, objects in clear.items():
        uncounted = name in PAIRS or name in MASS
        number = len(objects.areas)
        if uncounted or number > MOST_COUNTED or min(objects.areas) < LEAST_COUNTED:
            continue
        question = f"How many {plural(name)} are in the picture?"
        yield _candidate("count", question, str(number), name)


def _larger(pair: tuple[str, ...], areas: list[float]) -> Iterator[Candidate]:
    ratio = areas[0] / areas[1]
    if not 1 / LEAST_RATIO < ratio < LEAST_RATIO:
        first = ratio > 1
        question = "Which is larger in the picture, the {} or the {}?".format(*pair)
        ranks = ("larger", "smaller") if first else ("smaller", "larger")
        answer = pair[0] if first else pair[1]
        yield _of_two("larger", question, answer, pair, "12"[not first], ranks)


def _relation(pair: tuple[str, ...], centres: list[float]) -> Iterator[Candidate]:
    if abs(centres[0] - centres[1]) >= LEAST_APART:
        sides = ("left", "right") if centres[0] < centres[1] else ("right", "left")
        verb = "Are" if pair[0] in PAIRS else "Is"
        form = "{} the {} to the left or to the right of the {}?"
        question = form.format(verb, *pair)
        yield _of_two("relation", question, sides[0], pair, sides[0], sides)


def _candidate(kind: str, question: str, answer: str, name: str) -> Candidate:
    balance = ((kind,), answer), ((kind, name), answer)
    return Candidate(kind, question, answer, (name,), balance)


def _of_two(kind, question, answer, pair, whole, parts) -> Candidate:
    """A question on a pair: balanced as a whole and for either category."""
    each = (((kind, n), part) for n, part in zip(pair, parts, strict=True))
    return Candidate(kind, question, answer, pair, (((kind,), whole), *each))
