"""The categories of objects that a query names, in its classes or its questions."""

import re
from collections.abc import Iterable
from functools import lru_cache

from semlink.modalities.categories import CATEGORIES
from semlink.modalities.query import Query

# words for COCO's categories beside their names and regular plurals
OTHERS = {
    "person": "people|man|men|woman|women|child|children|kid|boy|girl|lady|guy|player",
    "bicycle": "bike|cyclist",
    "motorcycle": "motorbike",
    "airplane": "aeroplane|plane",
    "cow": "cattle",
    "mouse": "mice",
    "knife": "knives",
    "tv": "television|tv set",
    "couch": "sofa",
    "cell phone": "phone|mobile phone|cellphone|smartphone",
    "refrigerator": "fridge",
    "dining table": "table",
    "potted plant": "plant",
    "donut": "doughnut",
    "hair drier": "hair dryer",
    "sports ball": "ball",
    "tennis racket": "racket|racquet",
    "baseball bat": "bat",
    "baseball glove": "glove",
    "skis": "ski",
    "wine glass": "glass",
}


def named(query: Query | None) -> tuple[str, ...]:
    """Categories that a query names, in COCO's order; none without a query.

    Names are matched as whole words of the questions, in singular or plural.
    """
    if query is None:
        return ()
    text = " ".join(query.questions).lower()
    asked = {name for name, words in _patterns() if words.search(text)}
    return tuple(n for n in CATEGORIES if n in asked or n in query.classes)


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[str, re.Pattern]]:
    words = {name: [name, *_listed(OTHERS.get(name, ""))] for name in CATEGORIES}
    return [(name, _pattern(forms)) for name, forms in words.items()]


def _pattern(forms: Iterable[str]) -> re.Pattern:
    """Whole words, with or without the ending of a plural."""
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, forms))})(?:s|es)?\b")


def _listed(text: str) -> list[str]:
    return text.split("|") if text else []
