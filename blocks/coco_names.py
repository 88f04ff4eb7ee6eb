"""COCO's 80 categories in English: names, plurals, articles, synonyms."""

import re

from semlink.modalities.categories import CATEGORIES

PLURALS = {
    "person": "people",
    "bus": "buses",
    "sheep": "sheep",
    "knife": "knives",
    "mouse": "mice",
    "bench": "benches",
    "wine glass": "wine glasses",
    "couch": "couches",
    "toothbrush": "toothbrushes",
    "sandwich": "sandwiches",
    "skis": "skis",
    "scissors": "scissors",
}
PAIRS = frozenset({"skis", "scissors"})  # always plural
MASS = frozenset({"broccoli"})  # not counted
SYNONYMS = {
    "man": "person",
    "men": "person",
    "woman": "person",
    "women": "person",
    "boy": "person",
    "boys": "person",
    "girl": "person",
    "girls": "person",
    "child": "person",
    "children": "person",
    "kid": "person",
    "kids": "person",
    "persons": "person",
    "bike": "bicycle",
    "bikes": "bicycle",
    "motorbike": "motorcycle",
    "motorbikes": "motorcycle",
    "plane": "airplane",
    "planes": "airplane",
    "sofa": "couch",
    "television": "tv",
    "phone": "cell phone",
    "phones": "cell phone",
    "fridge": "refrigerator",
    "doughnut": "donut",
    "doughnuts": "donut",
    "table": "dining table",
    "plant": "potted plant",
    "plants": "potted plant",
}


def plural(name: str) -> str:
    """Plural of a category: ``knives``."""
    return PLURALS.get(name, name if name in MASS else f"{name}s")


def with_article(name: str) -> str:
    """A category with its indefinite article, if it takes one: ``an oven``."""
    if name in PAIRS or name in MASS:
        return name
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


NOUNS = (
    SYNONYMS | {plural(name): name for name in CATEGORIES} | {n: n for n in CATEGORIES}
)
_LONGEST_FIRST = "|".join(sorted(map(re.escape, NOUNS), key=len, reverse=True))
NOUN = re.compile(rf"\b(?:{_LONGEST_FIRST})\b")


def leading_noun(text: str) -> tuple[str, str] | None:
    """The category that a phrase begins with, and the rest; ``None`` without one."""
    found = NOUN.match(text)
    return (NOUNS[found[0]], text[found.end() :].strip()) if found else None
