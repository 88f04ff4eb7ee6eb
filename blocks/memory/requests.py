"""Hit rates of caches under independent requests: closed forms, and simulation.

References
----------
H. Che, Y. Tung, Z. Wang, "Hierarchical web caching systems: modeling, design and
experimental results", IEEE JSAC 20(7), 2002.
"""

import numpy as np

from blocks.memory.eviction import Eviction

BISECTIONS = 100


def zipf(count: int, exponent: float) -> np.ndarray:
    """Popularity of entries, the first the most popular : [count], of sum one."""
    weights = np.arange(1, count + 1) ** -float(exponent)
    return weights / weights.sum()


def che(popularity: np.ndarray, capacity: int) -> float:
    """Hit rate of LRU by Che's approximation.

    An entry stays for a characteristic time after each request. At that time, the
    expected number of entries in the cache is its capacity.

    Input
    -----
    popularity : [N], probabilities of requests
    capacity : number of entries of the cache, below N
    """
    low, high = 0.0, 1.0
    while _inside(popularity, high).sum() < capacity:
        high *= 2
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        enough = _inside(popularity, middle).sum() >= capacity
        low, high = (low, middle) if enough else (middle, high)
    return float(np.sum(popularity * _inside(popularity, high)))


def most_popular(popularity: np.ndarray, capacity: int) -> float:
    """Hit rate of LFU with counts of all requests, after long: the sum of the largest.

    Input
    -----
    popularity, capacity : as for :func:`che`
    """
    return float(np.sort(popularity)[::-1][:capacity].sum())


def hit_rate(
    popularity: np.ndarray,
    capacity: int,
    eviction: Eviction,
    draws: np.random.Generator,
    num_requests: int = 1_000_000,
    warm_up: float = 0.2,
) -> float:
    """Hit rate of a simulated cache.

    Parameters
    ----------
    popularity, capacity : as for :func:`che`
    eviction : policy
    draws : draws the requests
    num_requests : number of requests
    warm_up : share of them that is not counted
    """
    from blocks.memory.replacement import hits  # numba takes a second to import

    edges = np.cumsum(popularity)
    requests = np.searchsorted(edges[:-1], draws.random(num_requests), side="right")
    found = hits(requests, len(popularity), capacity, eviction == "lfu")
    return float(found[int(warm_up * num_requests) :].mean())


def _inside(popularity: np.ndarray, time: float) -> np.ndarray:
    """Probability of each entry to be in the cache : [N]."""
    return -np.expm1(-popularity * time)
