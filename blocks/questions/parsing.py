"""Questions in English as small programs over objects, by rules."""

import re
from typing import Literal, NamedTuple

from blocks.coco_names import leading_noun
from blocks.questions.choices import without_choices

Operation = Literal["exists", "count", "larger", "relation", "colour", "unknown"]
_EXISTS = re.compile(r"(?:is|are) there (?:(?:an?|any|some) )?")
_COUNT = re.compile(r"how many ")
_LARGER = re.compile(r"which is (?:larger|bigger)[^,]*, the (.+) or the (.+)")
_RELATION = re.compile(r"(?:is|are) the (.+) to the left or to the right of the (.+)")
_COLOUR = re.compile(r"what colou?rs? (?:is|are) (?:(?:the|this|that|his|her|their) )?")
_IN_THE_PICTURE = re.compile(r"(?: (?:in|on) (?:the|this) (?:image|picture|photo))?$")


class Program(NamedTuple):
    """A question that can be run over objects.

    operation : what is asked; ``unknown`` if no rule fits
    categories : COCO categories that it is about
    choices : answers to choose from, if they are listed
    """

    operation: Operation
    categories: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


def parse(question: str) -> Program:
    """Parse a question.

    A yes/no question is understood if it asks for a category as such ("Is there a
    dog?"), not for one of a kind ("Is there a dog that sleeps?"). After "How many dogs"
    and "What colour is the dog" anything may follow.
    """
    asked, choices = without_choices(question)
    text = " ".join(asked.lower().strip().rstrip("?").split())
    for rule in (_exists, _two_things, _count_or_colour):
        if program := rule(text):
            return program._replace(choices=choices)
    return Program("unknown", (), choices)


def _exists(text: str) -> Program | None:
    if not (head := _EXISTS.match(text)):
        return None
    noun = leading_noun(_IN_THE_PICTURE.sub("", text[head.end() :]))
    return Program("exists", noun[:1]) if noun and not noun[1] else None


def _two_things(text: str) -> Program | None:
    for operation, rule in (("larger", _LARGER), ("relation", _RELATION)):
        if found := rule.fullmatch(text):
            nouns = [leading_noun(part) for part in found.groups()]
            if all(noun and not noun[1] for noun in nouns):
                return Program(operation, tuple(noun[0] for noun in nouns))
    return None


def _count_or_colour(text: str) -> Program | None:
    for operation, rule in (("count", _COUNT), ("colour", _COLOUR)):
        head = rule.match(text)
        if head and (noun := leading_noun(text[head.end() :])):
            return Program(operation, noun[:1])
    return None
