"""A cache of values in bounded memory."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any


class Recent:
    """The most recently used values, by key.

    A key contains everything that its value depends on, so the order of calls does not
    change values.

    Parameters
    ----------
    most : largest number of values
    """

    def __init__(self, most: int):
        self._most = most
        self._values: OrderedDict[Hashable, Any] = OrderedDict()

    def __call__(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The value of a key, made if it is not cached."""
        if key not in self._values:
            self._values[key] = make()
            if len(self._values) > self._most:
                self._values.popitem(last=False)
        self._values.move_to_end(key)
        return self._values[key]

    def clear(self) -> None:
        """Drop all values."""
        self._values.clear()
