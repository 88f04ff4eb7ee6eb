"""Which entry goes when there is no more room: one rule, two policies."""

from collections.abc import Sequence
from typing import Literal, Protocol

Eviction = Literal["lru", "lfu"]


class Used(Protocol):
    """What has been used.

    uses : how often
    last : when last
    """

    uses: int
    last: int


def rank(used: Used, eviction: Eviction) -> tuple[int, ...]:
    """Order in which entries stay: the least of all goes first.

    ``lru`` drops the least recently used one, ``lfu`` the least frequently used, the
    least recent of these.
    """
    return (used.last,) if eviction == "lru" else (used.uses, used.last)


def victim(held: Sequence[Used], eviction: Eviction) -> int:
    """Place of the entry that goes."""
    return min(range(len(held)), key=lambda place: rank(held[place], eviction))
