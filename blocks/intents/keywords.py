"""Text in English, read by rules alone: the baseline of the other readers.

Where no rule fires, a slot has its most frequent value: watching, routine, no target.
"""

from collections.abc import Sequence
from typing import Any

from blocks.intending import words_of
from blocks.intents.slots import assembled, by_rules, normalised
from semlink.loop.agents import Understood


class Keywords:
    """Reads text by rules and asks nothing."""

    version = "keywords 1"

    def __call__(self, said: Any, answers: Sequence[str] = ()) -> Understood:
        text = normalised(words_of(said))
        return Understood(assembled(said, text, by_rules(text)))


def build() -> Keywords:
    """Build the reader; it has no parameters."""
    return Keywords()
