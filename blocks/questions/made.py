"""A balanced set of questions on the pictures of a set.

Candidates of all pictures are taken in the order of a hash of seed, picture and
question, as long as answers stay balanced: over each kind, and over each category
within its kind. So neither the most frequent answer nor one that knows how large or
how numerous a category usually is does better than its share.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from blocks.questions.answers import Answer
from blocks.questions.candidates import Candidate, Objects, candidates

MOST = 2  # questions of a kind on a picture
ABSENT = 8  # categories that are not in a picture and may be asked for


class _Offered(NamedTuple):
    """A candidate on a picture, by its number, and its place in the order."""

    order: bytes
    picture: int
    candidate: Candidate


def made(
    names: Sequence[str], found: Sequence[Mapping[str, Objects]], seed: int = 0
) -> list[list[tuple[str, Answer]]]:
    """Questions on pictures, and their answers.

    Parameters
    ----------
    names : [n], names of the pictures, which with the seed determine the choice
    found : [n], objects of each picture by category
    seed : seed of the choice

    Output
    ------
    : [n], questions on each picture with their answers
    """
    asked: list[list[tuple[str, Answer]]] = [[] for _ in names]
    for offer in _chosen(_offers(names, found, seed)):
        one = offer.candidate
        asked[offer.picture].append((one.question, Answer(one.kind, (one.answer,))))
    return asked


def _offers(names, found, seed: int) -> list[_Offered]:
    """All candidates in their order."""
    present = {name for objects in found for name in objects}
    offers = []
    for picture, (name, objects) in enumerate(zip(names, found, strict=True)):
        own = sorted(
            _Offered(_digest(seed, name, one.question), picture, one)
            for one in candidates(objects)
            if set(one.about) <= present
        )
        absent = [offer for offer in own if offer.candidate.answer == "no"]
        left_out = set(absent[ABSENT:])
        offers += (offer for offer in own if offer not in left_out)
    return sorted(offers)


def _digest(*parts) -> bytes:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).digest()


def _chosen(offers: Iterable[_Offered]) -> list[_Offered]:
    """Take offers in turn while answers stay balanced, until none can be taken."""
    waiting, chosen, books = list(offers), [], _Books(offers)
    while True:
        left = [offer for offer in waiting if not books.take(offer)]
        if len(left) == len(waiting):
            return sorted(chosen)
        gone = set(left)
        chosen += (offer for offer in waiting if offer not in gone)
        waiting = left


class _Books:
    """Answers taken so far, by what they are balanced over."""

    def __init__(self, offers: Iterable[_Offered]):
        self._taken: dict[tuple, Counter] = defaultdict(Counter)
        self._room: Counter = Counter()
        self._pairs: set[tuple] = set()
        for offer in offers:
            for key, value in offer.candidate.balance:
                self._taken[key][value] += 0

    def take(self, offer: _Offered) -> bool:
        """Take an offer if picture and balance have room for it."""
        kind, about = offer.candidate.kind, frozenset(offer.candidate.about)
        place, pair = (offer.picture, kind), (offer.picture, kind, about)
        fits = self._room[place] < MOST and pair not in self._pairs
        if not fits or not all(self._fits(*b) for b in offer.candidate.balance):
            return False
        self._room[place] += 1
        self._pairs.add(pair)
        for key, value in offer.candidate.balance:
            self._taken[key][value] += 1
        return True

    def _fits(self, key: tuple, value: str) -> bool:
        """Whether one more answer leaves a kind or a category balanced.

        Over a kind, an answer is at most one ahead of all others; over a category, of
        the most frequent other one.
        """
        taken = self._taken[key]
        others = [count for other, count in taken.items() if other != value]
        limit = min if len(key) == 1 else max
        return bool(others) and taken[value] <= limit(others)
