"""A cloud's base, an edge that holds a part of it, and what the backhaul carries.

The cloud holds all entries. An edge holds some, asks for what it lacks, and drops what
its policy gives up. Each change between two versions is a
:class:`semlink.signalling.messages.Sync`. An edge of another version refuses it, and
answers with the names of what it has; the cloud then makes the change from those.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from blocks.memory.entry import Entry
from blocks.memory.eviction import Eviction, rank
from semlink.errors import InputError
from semlink.signalling.messages import Sync
from semlink.signals import BACKHAUL, Ledger, ledger

HASH_BYTES = 8  # of a name or version in a message
HEAD_BYTES = 16  # name of the base, and lengths of the two lists


class Skew(Exception):
    """A change is for another version than the one held."""


def short(name: str) -> str:
    """A name or a version as messages have it."""
    return name[: 2 * HASH_BYTES]


def version_of(names: Iterable[str]) -> str:
    """Version of a set of entries, by their names."""
    listed = " ".join(sorted(names))
    return short(hashlib.sha256(listed.encode()).hexdigest())


class Cloud(NamedTuple):
    """All entries of a base.

    base : its name
    entries : by short name
    """

    base: str
    entries: Mapping[str, Entry]

    def change(self, before: Iterable[str], after: Iterable[str]) -> Sync:
        """The change from some entries to others, by their short names.

        Raises
        ------
        InputError
            The base lacks an entry.
        """
        before, after = set(before), set(after)
        if missing := sorted(after - before - set(self.entries)):
            raise InputError(f"base {self.base} must hold the entry, got {missing[0]}")
        versions = version_of(before), version_of(after)
        added, removed = sorted(after - before), sorted(before - after)
        return Sync(
            base=self.base,
            before=versions[0],
            after=versions[1],
            added=tuple(added),
            removed=tuple(removed),
        )

    def parcels(self, change: Sync) -> dict[str, Entry]:
        """The entries that go with a change."""
        return {name: self.entries[name] for name in change.added}


def applied(
    held: Mapping[str, Entry], change: Sync, parcels: Mapping[str, Entry]
) -> dict[str, Entry]:
    """The entries of an edge after a change.

    Raises
    ------
    Skew
        The edge has another version than the change is for, or would have another
        than the change says.
    """
    if version_of(held) != change.before:
        raise Skew(f"{version_of(held)} is held, the change is for {change.before}")
    kept = {name: e for name, e in held.items() if name not in change.removed}
    arrived = {short(e.name): e for e in parcels.values()}
    after = kept | {name: arrived[name] for name in change.added if name in arrived}
    if version_of(after) != change.after:
        raise Skew(f"{version_of(after)} would be held, the change says {change.after}")
    return after


def counted(change: Sync, parcels: Mapping[str, Entry]) -> Ledger:
    """Bytes of a change over the backhaul, entries included."""
    names = len(change.added) + len(change.removed) + 2
    content = sum(entry.num_bytes for entry in parcels.values())
    total = HEAD_BYTES + HASH_BYTES * names + content
    return ledger(direction=BACKHAUL, sync=total)


def listed(held: Iterable[str]) -> Ledger:
    """Bytes of an edge's answer to a change that it refuses: names of what it has."""
    names = len(list(held)) + 1
    return ledger(direction=BACKHAUL, sync=HEAD_BYTES + HASH_BYTES * names)


class Count(NamedTuple):
    """Requests of an entry: how many, and the last one."""

    uses: int = 0
    last: int = 0


class Cache(NamedTuple):
    """What an edge holds by its requests; a value.

    held : short names
    counts : requests of all entries, also of those not held
    clock : number of requests
    """

    held: tuple[str, ...] = ()
    counts: tuple[tuple[str, Count], ...] = ()
    clock: int = 0

    def requested(self, name: str, most: int, eviction: Eviction) -> "Cache":
        """The cache after a request of an entry, of ``most`` entries at most.

        The entry that comes last by the policy is not kept; that may be the requested
        one, if it is rarely asked for.
        """
        counts, clock = dict(self.counts), self.clock + 1
        counts[name] = Count(counts.get(name, Count()).uses + 1, clock)
        held = self.held if name in self.held else (*self.held, name)
        if len(held) > most:
            last = min(held, key=lambda n: rank(counts[n], eviction))
            held = tuple(n for n in held if n != last)
        return Cache(held, tuple(counts.items()), clock)
