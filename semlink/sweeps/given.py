"""The samples of a source, and a transmitter's view of them."""

from collections.abc import Sequence

from semlink.chain import Link
from semlink.loop import asking
from semlink.protocols import Source
from semlink.signals import Sample


class First(Sequence):
    """The first samples of a source, opened one at a time."""

    def __init__(self, source: Source, count: int):
        self._source, self._count = source, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < self._count:
            raise IndexError(index)
        return self._source[index]


class Given(First):
    """The transmitter's view of them.

    ``is_heard`` : whether the queries that the pair hears have arrived
    """

    def __init__(self, link: Link, source: Source, count: int, is_heard: bool):
        super().__init__(source, count)
        self._link, self._is_heard = link, is_heard

    def __getitem__(self, index: int) -> Sample:
        sample, pair = super().__getitem__(index), self._link.pair
        query = asking.heard(pair, sample.query) if self._is_heard else None
        return self._link.given(sample, query)
