"""Hit rates of LRU and LFU against Che's approximation and the closed form."""

import numpy as np
import pytest

from blocks.memory.edge import Cache
from blocks.memory.requests import che, hit_rate, most_popular, zipf

POINTS = 0.003  # 0.3 points
CLOSED = {"lru": che, "lfu": most_popular}
every_policy = pytest.mark.parametrize("eviction", CLOSED)


def assert_as_the_closed_form(eviction, count, capacity, exponent, seed):
    popularity, draws = zipf(count, exponent), np.random.default_rng(seed)
    measured = hit_rate(popularity, capacity, eviction, draws)
    assert measured == pytest.approx(CLOSED[eviction](popularity, capacity), abs=POINTS)


@every_policy
def test_hit_rate_is_that_of_the_closed_form(eviction):
    assert_as_the_closed_form(eviction, 200, 10, 0.8, 1)


@pytest.mark.slow
@pytest.mark.parametrize("exponent", [0.6, 0.8, 1.0, 1.2])
@pytest.mark.parametrize(("count", "capacity"), [(200, 10), (200, 50), (1000, 100)])
@every_policy
def test_hit_rates_are_those_of_the_closed_forms(eviction, count, capacity, exponent):
    assert_as_the_closed_form(eviction, count, capacity, exponent, 2)


@every_policy
def test_compiled_cache_is_the_cache_of_an_edge(eviction):
    from blocks.memory.replacement import hits

    draws, popularity = np.random.default_rng(3), zipf(30, 0.9)
    requests = draws.choice(30, 1500, p=popularity)
    cache, found = Cache(), []
    for name in map(str, requests):
        found.append(name in cache.held)
        cache = cache.requested(name, 7, eviction)
    assert 0.2 < np.mean(found) < 0.8
    compiled = hits(requests, 30, 7, eviction == "lfu")
    np.testing.assert_array_equal(compiled, found)


def test_of_equally_popular_entries_both_hit_their_share():
    """Whatever the policy, a cache of C of N equal entries hits C/N of requests."""
    popularity = np.full(300, 1 / 300)
    for eviction, closed in CLOSED.items():
        assert closed(popularity, 60) == pytest.approx(0.2, abs=1e-12)
        draws = np.random.default_rng(4)
        assert hit_rate(popularity, 60, eviction, draws) == pytest.approx(0.2, abs=2e-3)


def test_the_policies_are_told_apart():
    popularity = zipf(200, 0.8)
    assert most_popular(popularity, 10) - che(popularity, 10) > 20 * POINTS
