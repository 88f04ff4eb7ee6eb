"""What a transmitter knows of the receiver's memory.

A signal may be lost, so the receiver may have two memories after it: the one before,
and the one with the picture. Its answer, the tag of its memory, tells which.
"""

from typing import NamedTuple

import numpy as np

from blocks.memory.entry import Entry
from blocks.memory.memory import EMPTY, Event, Memory, Shelf


class Belief(NamedTuple):
    """Knowledge of the receiver's memory.

    possible : memories of which the receiver has one; none if it has another
    sent : pictures that were sent
    """

    possible: tuple[Memory, ...] = (EMPTY,)
    sent: int = 0

    @property
    def lost_track(self) -> bool:
        """Whether the receiver's memory is unknown."""
        return not self.possible

    @property
    def is_sure(self) -> bool:
        """Whether the receiver's memory is known."""
        return len(self.possible) == 1

    @property
    def held(self) -> tuple[Entry, ...]:
        """Entries that the receiver has for certain."""
        first, *others = self.possible or (EMPTY,)
        names = [{entry.name for entry in memory.entries} for memory in others]
        return tuple(e for e in first.entries if all(e.name in n for n in names))

    def after(
        self, event: Event, picture: np.ndarray, shelf: Shelf, *, answered: bool
    ) -> "Belief":
        """The belief after a signal; without an answer to come, that it arrives."""
        before = (EMPTY,) if event.renewed else self.possible
        after = tuple(shelf.after(memory, event, picture) for memory in before)
        if answered and event.stored:
            after = (*before, *after)
        return Belief(after, self.sent + 1)

    def answered(self, tag: int | None) -> "Belief":
        """The belief after an answer; ``None`` if none arrived."""
        if tag is None:
            return self
        possible = (memory for memory in self.possible if memory.tag == tag)
        return self._replace(possible=tuple(possible))
