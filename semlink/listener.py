"""Who watches a sweep."""

from collections.abc import Sequence
from typing import Protocol

from semlink.monitor import Monitor
from semlink.points import Point
from semlink.store.results import Row


class Listener(Protocol):
    """Is told how far a sweep is."""

    def progress(self, point: Point, monitor: Monitor) -> None: ...

    def finished(self, point: Point, rows: Sequence[Row], resumed: bool) -> None: ...


class Unwatched:
    """A listener that says nothing."""

    def progress(self, point: Point, monitor: Monitor) -> None: ...

    def finished(self, point: Point, rows: Sequence[Row], resumed: bool) -> None: ...
