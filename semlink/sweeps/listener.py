"""Who watches a sweep."""

from collections.abc import Sequence
from typing import Protocol

from semlink.store.rows import Row
from semlink.sweeps.monitor import Monitor
from semlink.sweeps.points import Point


class Listener(Protocol):
    """Is told how far a sweep is."""

    def progress(self, point: Point, monitor: Monitor) -> None: ...

    def finished(self, point: Point, rows: Sequence[Row], resumed: bool) -> None: ...


class Unwatched:
    """A listener that says nothing."""

    def progress(self, point: Point, monitor: Monitor) -> None: ...

    def finished(self, point: Point, rows: Sequence[Row], resumed: bool) -> None: ...
