"""A cache of values in bounded memory."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any


class Recent:
    """The most recently used values, by key.

    A key contains everything that its value depends on, so the order of calls does not
    change values. Threads may share it; two that need a value at once both make it.

    Parameters
    ----------
    most : largest sum of their sizes; one value is always kept
    size : size of a value; by default each counts one
    """

    def __init__(self, most: int, size: Callable[[Any], int] = lambda value: 1):
        self._most, self._size, self._held = most, size, 0
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def __call__(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The value of a key, made if it is not cached."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        with self._lock:
            if key not in self._values:
                self._values[key] = value
                self._held += self._size(value)
            self._values.move_to_end(key)
            while self._held > self._most and len(self._values) > 1:
                self._held -= self._size(self._values.popitem(last=False)[1])
        return value

    def clear(self) -> None:
        """Drop all values."""
        with self._lock:
            self._values.clear()
            self._held = 0
