"""The knowledge base: nearest neighbours, version, and damaged files."""

import numpy as np
import pytest

from blocks.knowledge.base import KnowledgeBase, load
from semlink.errors import InputError

COUNT, WIDTH = 500, 24


def make_base(count=COUNT, seed=0, encoder="e", **options) -> KnowledgeBase:
    rng = np.random.default_rng(seed)
    texts = [f"text {seed} {i}" for i in range(count)]
    return KnowledgeBase(texts, rng.normal(size=(count, WIDTH)), encoder, **options)


def distances(base, queries) -> np.ndarray:
    difference = queries[:, None] - base.vectors.astype(np.float64)
    return (difference**2).sum(axis=-1)


def test_nearest_is_the_least_squared_distance():
    base = make_base()
    queries = np.random.default_rng(1).normal(size=(20, WIDTH))
    index, distance = base.nearest(queries, k=5)
    expected = distances(base, queries)
    order = np.argsort(expected, axis=1)[:, :5]
    np.testing.assert_array_equal(index, order)
    found = np.take_along_axis(expected, order, axis=1)
    np.testing.assert_allclose(distance, found, rtol=1e-5)


@pytest.mark.parametrize("search", ["hnsw", "ivf"])
def test_quick_search_finds_entries_near_the_query(search):
    base = make_base(4000, search=search)
    rng = np.random.default_rng(2)
    wanted = rng.integers(0, 4000, 200)
    queries = base.vectors[wanted].astype(float) + 0.05 * rng.normal(size=(200, WIDTH))
    index, _ = base.nearest(queries)
    assert np.mean(index[:, 0] == wanted) >= 0.95


def test_one_query_and_more_neighbours_than_entries():
    base = make_base(3)
    index, distance = base.nearest(base.vectors[1], k=10)
    assert index.shape == distance.shape == (1, 3)
    assert index[0, 0] == 1


def test_every_part_of_a_base_is_in_its_version():
    base = make_base()
    texts, vectors = list(base.texts), base.vectors.copy()
    vectors[3, 2] += 1
    others = [
        KnowledgeBase(["x", *texts[1:]], base.vectors, "e"),
        KnowledgeBase(texts, vectors, "e"),
        KnowledgeBase(texts, base.vectors, "f"),
        KnowledgeBase(texts[::-1], base.vectors[::-1], "e"),
        KnowledgeBase(texts[:-1], base.vectors[:-1], "e"),
    ]
    versions = {b.version for b in [base, *others]}
    assert len(versions) == 6
    assert KnowledgeBase(texts, base.vectors, "e").version == base.version


def test_a_file_comes_back(tmp_path):
    base = make_base().added(["größer", "two\nlines"], np.zeros((2, WIDTH)))
    base.save(tmp_path / "kb.npz")
    again = load(tmp_path / "kb.npz")
    assert again.texts == base.texts
    assert again.version == base.version
    np.testing.assert_array_equal(again.vectors, base.vectors)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_truncated_files_are_refused(tmp_path, share):
    make_base().save(tmp_path / "kb.npz")
    whole = (tmp_path / "kb.npz").read_bytes()
    (tmp_path / "kb.npz").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match="must be one that make kb wrote|damaged"):
        load(tmp_path / "kb.npz")


def test_flipped_bits_are_noticed(tmp_path):
    make_base().save(tmp_path / "kb.npz")
    whole = (tmp_path / "kb.npz").read_bytes()
    for place in range(200, len(whole), len(whole) // 40):
        broken = bytearray(whole)
        broken[place] ^= 4
        (tmp_path / "kb.npz").write_bytes(broken)
        try:
            again = load(tmp_path / "kb.npz")
        except InputError:
            continue
        assert again.version == make_base().version  # it was in nothing that is read


def test_a_missing_file_and_one_that_is_none(tmp_path):
    with pytest.raises(InputError, match="must exist"):
        load(tmp_path / "none.npz")
    np.savez(tmp_path / "other.npz", a=1)
    with pytest.raises(InputError, match="must be one that make kb wrote"):
        load(tmp_path / "other.npz")


def test_adding_keeps_what_there_is_and_repeats_nothing():
    base = make_base(5)
    more = base.added(["new", base.texts[2], "new"], np.ones((3, WIDTH)))
    assert more.texts == (*base.texts, "new")
    np.testing.assert_array_equal(more.vectors[:5], base.vectors)
    assert np.all(more.vectors[5] == 1)


def test_merging_needs_one_encoder():
    merged = make_base(4).merged(make_base(3, seed=1))
    assert len(merged) == 7
    with pytest.raises(InputError, match=r"one text encoder, got 'e' and 'f'"):
        make_base(4).merged(make_base(3, seed=1, encoder="f"))


@pytest.mark.parametrize(
    ("count", "bits"), [(1, 1), (2, 1), (3, 2), (4096, 12), (4097, 13)]
)
def test_bits_of_an_index(count, bits):
    texts = list(map(str, range(count)))
    assert KnowledgeBase(texts, np.zeros((count, 1)), "e").index_bits == bits


def test_what_is_no_base_is_refused():
    with pytest.raises(ValueError, match="at least one text"):
        KnowledgeBase([], np.zeros((0, 3)), "e")
    with pytest.raises(ValueError, match="a vector for each of 2 texts"):
        KnowledgeBase(["a", "b"], np.zeros((3, 3)), "e")
    with pytest.raises(ValueError, match="finite"):
        KnowledgeBase(["a"], np.full((1, 3), np.nan), "e")
    with pytest.raises(ValueError, match="must have 24 values, got 3"):
        make_base().nearest(np.zeros(3))
