"""A base of a million entries: how long a search takes, and how often it is right."""

import resource
import time

import numpy as np
import pytest

from blocks.knowledge.base import KnowledgeBase

pytestmark = pytest.mark.slow
COUNT, WIDTH, CLUSTERS, QUERIES = 1_000_000, 384, 20_000, 200
SPREAD = 0.6  # of entries about their cluster's centre


@pytest.fixture(scope="module")
def million():
    """Unit vectors in clusters, as sentences about few subjects are; and queries."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(CLUSTERS, WIDTH)).astype(np.float32)
    vectors = np.empty((COUNT, WIDTH), np.float16)
    for start in range(0, COUNT, 50_000):
        part = slice(start, start + 50_000)
        own = centres[rng.integers(CLUSTERS, size=50_000)]
        own = own + SPREAD * rng.standard_normal(own.shape, np.float32)
        vectors[part] = own / np.linalg.norm(own, axis=1, keepdims=True)
    near = vectors[rng.integers(COUNT, size=QUERIES)].astype(np.float32)
    noise = SPREAD / np.sqrt(WIDTH) * rng.standard_normal(near.shape, np.float32)
    return vectors, near + noise


def timed(base, queries) -> tuple[np.ndarray, float]:
    """The nearest of each query, and seconds for one, asked one at a time."""
    base.nearest(queries[0])
    start = time.perf_counter()
    found = [int(base.nearest(query)[0][0, 0]) for query in queries]
    return np.array(found), (time.perf_counter() - start) / len(queries)


def test_a_million_entries(million):
    vectors, queries = million
    texts = [str(i) for i in range(COUNT)]
    exact, slow = timed(KnowledgeBase(texts, vectors, "e", search="flat"), queries)
    quick_base = KnowledgeBase(texts, vectors, "e")  # auto: an inverted file
    quick, fast = timed(quick_base, queries)
    recall = np.mean(quick == exact)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"exact {1e3 * slow:.1f} ms, quick {1e3 * fast:.2f} ms at recall {recall:.3f}, "
        f"{peak:.1f} GiB"
    )
    assert slow < 0.060
    assert fast < 0.002
    assert recall >= 0.95
