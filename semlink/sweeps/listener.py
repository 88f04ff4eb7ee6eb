"""Listeners to the progress of a sweep."""

from collections.abc import Sequence
from typing import Protocol

from semlink.store.rows import Row
from semlink.sweeps.monitor import Monitor
from semlink.sweeps.points import Point


class Listener(Protocol):
    """Receives the progress of a sweep."""

    def progress(self, point: Point, monitor: Monitor) -> None: ...

    def finished(self, point: Point, rows: Sequence[Row], resumed: bool) -> None: ...


class Unwatched:
    """A listener that does nothing."""

    def progress(self, point: Point, monitor: Monitor) -> None: ...

    def finished(self, point: Point, rows: Sequence[Row], resumed: bool) -> None: ...
