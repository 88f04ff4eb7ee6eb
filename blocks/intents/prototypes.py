"""Text in English: rules, and sentence embeddings where no rule fires; the default.

An option of a slot is the mean embedding of its phrases (a prototype), and the nearest
one is taken; the option for slots that a user leaves open, routine or nothing, has a
head start. Where the margin between the best two is small, the slot is a guess, and
the reader asks the user about it, two questions at most.

References
----------
J. Snell et al., "Prototypical networks for few-shot learning", NeurIPS 2017, for the
mean embedding as prototype.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from blocks.intending import words_of
from blocks.intents import phrases
from blocks.intents.limits import IN_WORDS, NATURAL
from blocks.intents.rules import PRIORITIES, verb_votes
from blocks.intents.slots import (
    LIMITS,
    NOTHING,
    PRIORITY,
    VERB,
    Slots,
    answered,
    assembled,
    by_rules,
    normalised,
    told,
)
from blocks.knowledge.perception import TEXT_ENCODERS, text_encoder, unit
from semlink.catalogue import files_of
from semlink.loop.agents import Understood
from semlink.signalling.messages import Target

PHRASES = {VERB: phrases.VERB, PRIORITY: phrases.PRIORITY, LIMITS: phrases.LIMITS}
OPEN = {PRIORITY: PRIORITIES[0], LIMITS: NOTHING}  # what is meant if nothing is said
# fitted on the training half of tests/blocks/intents/sentences.json
# (python -m experiments.studies.intents fit)
HEAD_START = {VERB: 0.0, PRIORITY: 0.15, LIMITS: 0.08}
SURE = {VERB: 0.04, PRIORITY: 0.12, LIMITS: 0.07}  # margins from which it is sure


class Nearest(NamedTuple):
    """The option nearest to a text.

    option : its name
    margin : by how much its cosine similarity exceeds that of the next
    """

    option: str
    margin: float


class Prototypes:
    """Reads text by rules and prototypes, and asks back.

    Parameters
    ----------
    encoder : text encoder, as on the command line
    asks : whether it asks back
    """

    def __init__(self, encoder: str, asks: bool):
        self._encoder, self._asks = text_encoder(encoder), asks
        self._means = {slot: self._prototypes(said) for slot, said in PHRASES.items()}
        self.version = f"prototypes 1 {self._encoder.version} {asks}"

    def __call__(self, said: Any, answers: Sequence[str] = ()) -> Understood:
        text = normalised(words_of(said))
        slots, unsure = self._guessed(text)
        if not self._asks:
            return Understood(assembled(said, text, slots), unsure)
        intent = assembled(said, text, told(slots, unsure, answers))
        return answered(intent, unsure, len(answers))

    def similarities(self, texts: Sequence[str]) -> list[dict[str, dict[str, float]]]:
        """Cosine similarities of each text to the options of each slot."""
        return [
            {
                slot: dict(zip(PHRASES[slot], map(float, means @ one), strict=True))
                for slot, means in self._means.items()
            }
            for one in self._encoder(list(texts)).pooled
        ]

    def _prototypes(self, said: Mapping[str, Sequence[str]]) -> np.ndarray:
        """Prototypes of the options of a slot : [options, D]."""
        means = [
            self._encoder(list(texts)).pooled.mean(axis=0) for texts in said.values()
        ]
        return unit(np.stack(means))

    def _guessed(self, text: str) -> tuple[Slots, tuple[str, ...]]:
        """Slots of a text, and those of them that are a guess."""
        slots = by_rules(text)
        if None not in slots:
            return slots, ()
        (similar,) = self.similarities([text])
        near = {
            slot: nearest(slot, values, _tied(text) if slot == VERB else ())
            for slot, values in similar.items()
        }
        guessed = [
            slot for slot, value in zip(near, slots, strict=True) if value is None
        ]
        unsure = tuple(slot for slot in guessed if near[slot].margin < SURE[slot])
        return _filled(slots, near), unsure


def nearest(
    slot: str,
    similar: Mapping[str, float],
    only: Sequence[str] = (),
    start: float | None = None,
) -> Nearest:
    """The best option of a slot, by its similarities.

    Parameters
    ----------
    only : options that are left; all by default
    start : head start of the option for what is left open; the fitted one by default
    """
    ahead = HEAD_START[slot] if start is None else start
    scores = {
        option: value + (ahead if option == OPEN.get(slot) else 0.0)
        for option, value in similar.items()
        if not only or option in only
    }
    best, second = sorted(scores, key=scores.get, reverse=True)[:2]
    return Nearest(best, scores[best] - scores[second])


def _tied(text: str) -> tuple[str, ...]:
    """Verbs for which equally many rules fire; none if no rule fires."""
    votes = verb_votes(text)
    most = max(votes.values(), default=0)
    tied = tuple(verb for verb, count in votes.items() if count == most)
    return tied if len(tied) > 1 else ()


def _filled(slots: Slots, near: Mapping[str, Nearest]) -> Slots:
    """Slots in which the nearest options stand where no rule fired."""
    name = near[LIMITS].option
    limits = ()
    if name != NOTHING:
        limits = (Target(name=name, condition=NATURAL[name], value=IN_WORDS[name]),)
    priority = PRIORITIES.index(near[PRIORITY].option)
    return Slots(
        slots.verb or near[VERB].option,
        priority if slots.priority is None else slots.priority,
        limits if slots.targets is None else slots.targets,
    )


def build(encoder: str = "minilm", asks: bool = True) -> Prototypes:
    """Build the reader.

    Parameters
    ----------
    encoder : text encoder
    asks : whether it asks back when it is unsure
    """
    return Prototypes(encoder, asks)


def files(encoder: str, asks: bool) -> list[Path]:
    """Files of the text encoder's weights."""
    return files_of(TEXT_ENCODERS, encoder)
