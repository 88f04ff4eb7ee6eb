"""The categories of objects that a query names, in its classes or its questions."""

from blocks.coco_names import NOUN, NOUNS
from semlink.modalities.categories import CATEGORIES
from semlink.modalities.query import Query


def named(query: Query | None) -> tuple[str, ...]:
    """Categories that a query names, in COCO's order; none without a query.

    Names and common synonyms are matched as whole words, in singular or plural.
    """
    if query is None:
        return ()
    text = " ".join(query.questions).lower()
    asked = {NOUNS[noun] for noun in NOUN.findall(text)} | {*query.classes}
    return tuple(name for name in CATEGORIES if name in asked)
