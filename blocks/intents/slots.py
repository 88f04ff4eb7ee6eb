"""Slots of an intent in words, and how a user is asked about them."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from blocks.intending import MOST_QUESTIONS
from blocks.intents.limits import IN_WORDS, NATURAL, targets
from blocks.intents.objects import MEANT, objects
from blocks.intents.rules import (
    PRIORITIES,
    VERBS,
    priority_by_rule,
    verb_by_rule,
)
from blocks.intents.spelling import restored
from semlink.loop.agents import Understood
from semlink.signalling.messages import Intent, Target, read

VERB, PRIORITY, LIMITS = "verb", "priority", "targets"  # slots that are asked about
NOTHING = "nothing"
ASKS = {
    VERB: "Shall I show pictures (watch), mark places (find), answer a question (ask), "
    "or name the kind (recognise)?",
    PRIORITY: "How urgent is it: routine, elevated, urgent or emergency?",
    LIMITS: "What is short: latency, reliability, bandwidth, energy, or nothing?",
}
OPTIONS = {VERB: VERBS, PRIORITY: PRIORITIES, LIMITS: (*IN_WORDS, NOTHING)}
# words that rules look for and that people misspell
_WORDS = (
    "watch show video stream picture image camera view find locate spot detect mark "
    "highlight search many number count whether there kind sort type classify "
    "recognise identify label scene urgent emergency quick danger priority battery "
    "realtime latency response energy reliability bandwidth second seconds minute "
    "minutes milliseconds the open people"
)
VOCABULARY = frozenset({*_WORDS.split(), *(w for w in MEANT if w.isalpha())})
QUOTED = re.compile(r"['\"]([^'\"]*\?)['\"]")
SENTENCE = re.compile(r"[^.!?]*\?")
LONGEST = 120  # characters of a question


class Slots(NamedTuple):
    """What was understood of a text; ``None`` where nothing says it.

    verb, priority : as in an intent
    targets : targets, empty for none
    """

    verb: str | None
    priority: int | None
    targets: tuple[Target, ...] | None


def normalised(text: str) -> str:
    """Small letters, plain apostrophes, single spaces, rules' words spelt right."""
    plain = " ".join(text.lower().replace("\u2019", "'").split())
    return restored(plain, VOCABULARY)


def by_rules(text: str) -> Slots:
    """Slots of a normalised text for which a rule fires."""
    return Slots(verb_by_rule(text), priority_by_rule(text), targets(text) or None)


def assembled(said: str, text: str, slots: Slots) -> Intent:
    """The intent of slots; what is missing is watching, routine, and no target.

    Parameters
    ----------
    said, text : what the user said, as it is and normalised

    Raises
    ------
    InputError
        A value is invalid, or two targets contradict each other.
    """
    verb = slots.verb or VERBS[0]
    limits = [target.model_dump() for target in slots.targets or ()]
    return read(
        Intent,
        {
            "verb": verb,
            "classes": objects(text),
            "question": _question(said) if verb == "ask" else "",
            "targets": limits,
            "priority": slots.priority or 0,
        },
    )


def _question(said: str) -> str:
    """The question within a text: in quotes, or its first interrogative sentence."""
    found = QUOTED.search(said)
    sentence = SENTENCE.search(said)
    text = found[1] if found else sentence[0] if sentence else said
    return " ".join(text.split())[:LONGEST]


def told(slots: Slots, unsure: Sequence[str], answers: Sequence[str]) -> Slots:
    """Slots after the user's answers to the first questions; unclear ones are ignored.

    Parameters
    ----------
    unsure : slots in the order in which they are asked about
    answers : answers to the first of them
    """
    for slot, answer in zip(unsure[:MOST_QUESTIONS], answers, strict=False):
        named = _named(slot, answer.lower())
        if not named:
            continue
        if slot == VERB:
            slots = slots._replace(verb=named[0])
        elif slot == PRIORITY:
            slots = slots._replace(priority=PRIORITIES.index(named[0]))
        else:
            slots = slots._replace(targets=_in_words(named))
    return slots


def answered(intent: Intent, unsure: Sequence[str], count: int) -> Understood:
    """What was understood after ``count`` answers, with the next question."""
    left = tuple(unsure[count:])
    asks = ASKS[left[0]] if left and count < MOST_QUESTIONS else ""
    return Understood(intent, left, asks)


def _named(slot: str, answer: str) -> list[str]:
    """Options of a slot that an answer names, or says in other words."""
    words = restored(answer, frozenset(OPTIONS[slot]))
    named = [option for option in OPTIONS[slot] if option in words]
    if not named and slot == VERB and (verb := verb_by_rule(words)):
        return [verb]
    return named


def _in_words(named: Sequence[str]) -> tuple[Target, ...]:
    return tuple(
        Target(name=name, condition=NATURAL[name], value=IN_WORDS[name])
        for name in named
        if name != NOTHING
    )
