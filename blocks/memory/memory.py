"""A memory of sites, which changes by the same rules at both ends of a link.

A memory is a value. What crosses the air, an :class:`Event` and a picture, makes the
next one. Equal memories and equal events give equal memories.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from blocks.memory import entry as entries_of
from blocks.memory.entry import Entry, distance, entry_of
from blocks.memory.eviction import Eviction, victim
from semlink.errors import InputError

TAG_BITS = 16  # of a version, which the receiver feeds back
# Two pictures of one site: means of their cells differ by less than this [levels rms].
SAME_SITE = 16.0


class Event(NamedTuple):
    """What a signal says of the memory.

    base : index and version of the entry that it is a difference to; ``None`` for none
    stored : whether both ends store the picture
    renewed : whether both ends forget everything first
    """

    base: tuple[int, int] | None = None
    stored: bool = True
    renewed: bool = False


class Memory(NamedTuple):
    """Entries, and how many pictures were stored so far."""

    entries: tuple[Entry, ...] = ()
    clock: int = 0

    @property
    def num_bytes(self) -> int:
        """Storage of all entries."""
        return sum(entry.num_bytes for entry in self.entries)

    @property
    def version(self) -> str:
        """SHA-256 of all that the next memory depends on, in hexadecimal."""
        known = [
            (e.name, e.description, e.priors, e.uses, e.last) for e in self.entries
        ]
        return hashlib.sha256(repr((self.clock, known)).encode()).hexdigest()

    @property
    def tag(self) -> int:
        """The first bits of the version."""
        return int(self.version, 16) >> (256 - TAG_BITS)

    def find(self, base: tuple[int, int], shape: Sequence[int]) -> Entry | None:
        """The entry of an index, a version and a shape; ``None`` if there is none."""
        for entry in self.entries:
            if (entry.index, entry.version) == base and entry.picture.shape == shape:
                return entry
        return None

    def latest(self, shape: Sequence[int]) -> Entry | None:
        """The entry of a shape that was seen last."""
        fitting = [e for e in self.entries if e.picture.shape == shape]
        return max(fitting, key=lambda e: e.last, default=None)

    def noted(self, name: str, of: str, success: float) -> "Memory":
        """The memory after a report of a task's success at the site of an entry."""
        entries = (e.noted(of, success) if e.name == name else e for e in self.entries)
        return self._replace(entries=tuple(entries))


EMPTY = Memory()


class Shelf:
    """The rules by which a memory changes.

    Parameters
    ----------
    capacity : largest sum of the sizes of all entries [bytes]
    eviction : which entry goes when there is no more room
    describe : puts the picture of an entry into words
    """

    def __init__(
        self,
        capacity: int,
        eviction: Eviction,
        describe: Callable[[np.ndarray], str] = lambda picture: "",
    ):
        self._capacity, self._eviction, self._describe = capacity, eviction, describe

    def check(self, shape: Sequence[int]) -> None:
        """Refuse pictures that the memory cannot hold."""
        if (needed := entries_of.num_bytes(shape)) > self._capacity:
            raise InputError(
                f"capacity must hold an entry of {needed} bytes, got {self._capacity}"
            )

    def after(self, memory: Memory, event: Event, picture: np.ndarray) -> Memory:
        """The memory after a picture that both ends have.

        It replaces the entry of its site, or is a new one.
        """
        if event.renewed:
            memory = EMPTY
        if not event.stored:
            return memory
        clock = memory.clock + 1
        new = entry_of(picture, self._describe(picture))._replace(last=clock)
        before = same_site(memory, new)
        others = [entry for entry in memory.entries if entry is not before]
        if before:
            new = new._replace(uses=before.uses + 1, priors=before.priors)
        room = self._capacity - new.num_bytes
        while sum(entry.num_bytes for entry in others) > max(room, 0):
            del others[victim(others, self._eviction)]
        return Memory((*others, new) if room >= 0 else tuple(others), clock)


def same_site(memory: Memory, seen: Entry) -> Entry | None:
    """The entry of the site of a picture, by their descriptors."""
    limit = SAME_SITE**2 * seen.descriptor.size
    near = nearest(memory.entries, seen.descriptor, seen.picture.shape)
    if near and distance(near.descriptor, seen.descriptor) <= limit:
        return near
    return None


def nearest(
    entries: Sequence[Entry], descriptor: np.ndarray, shape: Sequence[int]
) -> Entry | None:
    """The entry of a shape whose descriptor is nearest; the first one of several."""
    fitting = [entry for entry in entries if entry.picture.shape == shape]
    return min(fitting, key=lambda e: distance(e.descriptor, descriptor), default=None)
