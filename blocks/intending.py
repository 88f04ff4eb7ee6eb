"""Readers of intents by name: what a user says, and what they understand."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from semlink.catalogue import built, files_of
from semlink.contracts.fault import refuse, shown
from semlink.errors import InputError
from semlink.loop.agents import IntentReader, Understood
from semlink.registry import Registry
from semlink.signalling.messages import Intent

INTENTS = Registry("intent", packages=("blocks.intents",), group="semlink.intents")
MOST_QUESTIONS = 2  # that a user is asked about an intent
LONGEST = 2000  # characters that are read of what a user says


@lru_cache(maxsize=8)
def intent_reader(spec: str) -> IntentReader:
    """Build a reader of intents from its name and parameters, as on the command line.

    Raises
    ------
    InputError
        The reader does not exist, or a package or file that it needs is missing; later,
        it cannot read what was said, or returns something else than the contract has.
    """
    made = built(INTENTS, spec)
    if not callable(made) or not isinstance(getattr(made, "version", None), str):
        refuse(f"intent {spec}", "a callable with a version from build", shown(made))
    return _Checked(made, spec)


def intent_files(spec: str) -> list[Path]:
    """Files that the answers of a reader depend on, such as weights."""
    return files_of(INTENTS, spec)


class _Checked:
    """A reader whose answers are checked."""

    def __init__(self, reader: IntentReader, spec: str):
        self._reader, self._who = reader, f"intent {spec}"
        self.version = reader.version

    def __call__(self, said: Any, answers: Sequence[str] = ()) -> Understood:
        understood = self._reader(said, answers)
        must = "an Understood with an Intent, slots and a question"
        if not isinstance(understood, Understood):
            refuse(self._who, must, shown(understood))
        intent, unsure, asks = understood
        texts = isinstance(unsure, tuple) and all(
            isinstance(text, str) for text in (asks, *unsure)
        )
        if not isinstance(intent, Intent) or not texts or (asks and not unsure):
            refuse(self._who, must, shown(understood))
        return understood


def words_of(said: Any) -> str:
    """What a user says, as text.

    Raises
    ------
    InputError
        It is no text, or empty, or too long.
    """
    if not isinstance(said, str) or not said.strip():
        raise InputError(f"an intent must be text in English, got {shown(said)}")
    if len(said) > LONGEST:
        must = f"an intent must have at most {LONGEST} characters"
        raise InputError(f"{must}, got {len(said)}")
    return said
