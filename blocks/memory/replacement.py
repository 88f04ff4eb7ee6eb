"""A cache under a million requests, compiled by numba.

It is :meth:`blocks.memory.edge.Cache.requested`, to which tests hold it.
"""

import numpy as np
from numba import njit


@njit(cache=False)
def hits(requests: np.ndarray, count: int, capacity: int, by_uses: bool) -> np.ndarray:
    """Which requests are hits : [n], bool.

    Input
    -----
    requests : [n], integers below ``count``, the requested entries
    capacity : entries that the cache holds
    by_uses : whether the least frequently used entry goes, not the least recently used
    """
    uses, last = np.zeros(count, np.int64), np.zeros(count, np.int64)
    slot, held = np.full(count, -1), np.zeros(capacity, np.int64)
    found, filled = np.zeros(len(requests), np.bool_), 0
    for now, name in enumerate(requests):
        uses[name] += 1
        last[name] = now
        if slot[name] >= 0:
            found[now] = True
            continue
        if filled < capacity:
            held[filled], slot[name] = name, filled
            filled += 1
            continue
        worst = name
        for other in held:
            fewer = uses[other] < uses[worst]
            older = last[other] < last[worst]
            if by_uses and (fewer or (uses[other] == uses[worst] and older)):
                worst = other
            if not by_uses and older:
                worst = other
        if worst != name:
            held[slot[worst]], slot[name] = name, slot[worst]
            slot[worst] = -1
    return found
