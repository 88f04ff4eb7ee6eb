"""A cache that is never wrong, never too large, and never in the way."""

import os
import time

import numpy as np
import pytest

from semlink.errors import Infeasible
from semlink.signals import TxSignal, ledger
from semlink.store.cache import DiskCache


def value(size=1000):
    x = np.arange(size, dtype=np.complex64)[None]
    return TxSignal(x, ledger(payload=size), np.ones((2, 3), np.uint8))


@pytest.fixture
def cache(tmp_path):
    return DiskCache(tmp_path / "cache", 2**20)


def test_it_gives_back_what_it_was_given(cache):
    key = cache.key({"plan": (3, 0.1), "image": "abc"})
    assert cache.get(key) is None
    cache.put(key, value())
    again = cache.get(key)
    np.testing.assert_array_equal(again.x, value().x)
    assert again.ledger.total == value().ledger.total
    reason = Infeasible("too little")
    cache.put(cache.key({}), reason)
    assert str(cache.get(cache.key({}))) == "too little"


def test_keys_know_everything_and_the_code(tmp_path, cache):
    keys = [
        cache.key(what)
        for what in ({}, {"a": 1}, {"a": 2}, {"a": "1"}, {"b": 1}, {"a": 1.0000001})
    ]
    assert len(set(keys)) == len(keys)
    assert cache.key({"a": 1, "b": 2}) == cache.key({"b": 2, "a": 1})
    assert DiskCache(tmp_path, 1, "other code").key({"a": 1}) != keys[1]


def test_it_outlives_the_process_and_may_be_shared(tmp_path, cache):
    cache.put("ab", value())
    assert DiskCache(tmp_path / "cache", 2**20).get("ab") is not None


@pytest.mark.parametrize("damage", [b"", b"\x80\x05 no pickle", b"\x80\x05N"])
def test_a_damaged_value_is_made_again(cache, damage):
    cache.put("ab", value())
    path = next(cache._folder.rglob("*.pickle"))
    path.write_bytes(damage)
    assert cache.get("ab") is None
    assert not path.exists()


def test_a_value_that_vanished_is_made_again(cache):
    cache.put("ab", value())
    next(cache._folder.rglob("*.pickle")).unlink()
    assert cache.get("ab") is None


def test_it_stays_below_its_limit_and_keeps_what_was_used_last(tmp_path):
    cache = DiskCache(tmp_path, 100_000)
    for number in range(10):
        cache.put(f"{number:02d}", value())
        _older(tmp_path, 1)
    assert cache.get("00") is not None  # used again: 01 is the oldest now
    _older(tmp_path, 1, but="00")
    for number in range(10, 16):
        cache.put(f"{number:02d}", value())
        _older(tmp_path, 1)
    there = {path.stem for path in tmp_path.rglob("*.pickle")}
    assert sum(p.stat().st_size for p in tmp_path.rglob("*.pickle")) <= 100_000
    assert {"00", "15"} <= there
    assert "01" not in there


def _older(folder, seconds, but=""):
    for path in folder.rglob("*.pickle"):
        if path.stem != but:
            then = path.stat().st_mtime - seconds
            os.utime(path, (time.time(), then))


def test_without_a_place_to_write_it_does_without(tmp_path):
    (tmp_path / "file").write_text("in the way")
    cache = DiskCache(tmp_path / "file", 1000)
    cache.put("ab", value())
    assert cache.get("ab") is None
