"""The COCO categories that a user names."""

import re

from blocks.coco_names import NOUNS
from semlink.modalities.categories import CATEGORIES

VEHICLES = ("car", "bus", "truck")
# words for a category, beside those of ``blocks/coco_names.py``
OTHERS = {
    ("person",): "anybody anyone casualties casualty driver drivers intruder intruders "
    "passenger passengers patient patients pedestrian pedestrians ppl skier skiers "
    "somebody someone survivor survivors victim victims who worker workers",
    ("bird",): "duck ducks goose geese pigeon pigeons",
    ("truck",): "lorry lorries van vans",
    ("bus",): "busses",
    ("cow",): "cattle calf calves",
    ("sports ball",): "ball balls football footballs",
    ("teddy bear",): "teddy",
    ("oven",): "stove",
    ("person", "bicycle"): "cyclist cyclists",
    VEHICLES: "vehicle vehicles",
}
MEANT = {noun: (name,) for noun, name in NOUNS.items()} | {
    word: names for names, words in OTHERS.items() for word in words.split()
}
# also verbs, adjectives and places: taken for objects after these words only
DOUBTFUL = "remote book books tie bed table orange mouse train bench"
BEFORE = r"(?:the|an?|my|your|his|her|our|this|that|any|every|each|all|free|of|\d+)"
# what a word in front of another noun describes is that noun
ADJECTIVES = re.compile(
    r"\b(?:bus|car|bike|truck|train)\s+(?:lane|park|stop|station)\b"
)
_DOUBTFUL = frozenset(DOUBTFUL.split())
_LONGEST_FIRST = "|".join(map(re.escape, sorted(MEANT, key=len, reverse=True)))
NOUN = re.compile(rf"\b(?:(?P<before>{BEFORE})\s+)?(?P<noun>{_LONGEST_FIRST})\b")


def objects(text: str) -> tuple[str, ...]:
    """Categories named in a text of small letters, in COCO's order."""
    named = set()
    for found in NOUN.finditer(ADJECTIVES.sub(" ", text)):
        if found["before"] or found["noun"] not in _DOUBTFUL:
            named |= {*MEANT[found["noun"]]}
    return tuple(name for name in CATEGORIES if name in named)
