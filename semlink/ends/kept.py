"""Encoded frames, kept for the episodes in which a camera sees them again."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable

from semlink.errors import Infeasible
from semlink.loop.exchange import Encoded

MOST_BYTES = 2**27  # of signals, about 1000 of 16,000 symbols
MOST = 2**14  # entries, of which those of infeasible budgets have no signal


class Kept:
    """First signals of frames, the least recently used of which are dropped.

    Attributes
    ----------
    made : frames ``encoded`` and plans ``searched``, and those of them that were kept,
        ``encoded before`` and ``searched before``
    """

    def __init__(self, most_bytes: int = MOST_BYTES):
        self._most_bytes, self._bytes = most_bytes, 0
        self._entries: OrderedDict[Hashable, Encoded | Infeasible] = OrderedDict()
        self.made: Counter[str] = Counter()

    def __call__(self, key: Hashable, make: Callable[[], Encoded]) -> Encoded:
        """The signal of a key, made only if it is not there.

        Parameters
        ----------
        key : everything that the signal depends on
        make : plans and encodes

        Output
        ------
        : without its sample, which the caller has

        Raises
        ------
        Infeasible
            No signal fits the budget.
        """
        before = " before" if key in self._entries else ""
        if not before:
            self._add(key, make)
        self._entries.move_to_end(key)
        entry = self._entries[key]
        self.made[f"searched{before}"] += 1
        if isinstance(entry, Infeasible):
            raise entry
        self.made[f"encoded{before}"] += 1
        return entry

    def _add(self, key: Hashable, make: Callable[[], Encoded]) -> None:
        try:
            entry = make()._replace(sample=None)
        except Infeasible as reason:
            entry = reason.with_traceback(None)  # which holds on to the frame
        self._entries[key] = entry
        self._bytes += _size(entry)
        while self._bytes > self._most_bytes or len(self._entries) > MOST:
            if len(self._entries) == 1:
                break
            self._bytes -= _size(self._entries.popitem(last=False)[1])


def _size(entry: Encoded | Infeasible) -> int:
    if isinstance(entry, Infeasible):
        return 0
    return entry.tx.x.nbytes + entry.tx.blocks.nbytes
