"""A shared memory changes by the same rules wherever it is."""

import numpy as np
import pytest

from blocks.memory.belief import Belief
from blocks.memory.entry import descriptor, distance, entry_of, num_bytes
from blocks.memory.memory import EMPTY, Event, Memory, Shelf

SHAPE = (32, 48, 3)
STORE = Event()


def site(number: int, version: int = 0) -> np.ndarray:
    """A picture of a site; versions differ in a few pixels."""
    picture = np.random.default_rng(number).integers(0, 256, (4, 6, 3), np.uint8)
    picture = picture.repeat(8, axis=0).repeat(8, axis=1)
    picture[:2, : version + 1] = 7
    return picture


def stored(shelf: Shelf, pictures, memory: Memory = EMPTY) -> Memory:
    for picture in pictures:
        memory = shelf.after(memory, STORE, picture)
    return memory


def test_descriptor_is_the_mean_of_cells():
    picture = np.random.default_rng(0).integers(0, 256, (64, 80, 3), np.uint8)
    cells = picture.reshape(8, 8, 8, 10, 3).mean(axis=(1, 3))
    np.testing.assert_array_equal(descriptor(picture), np.floor(cells))
    for size in ((1, 1), (3, 200), (17, 9)):
        assert np.all(descriptor(np.full((*size, 3), 9, np.uint8)) == 9)


def test_sites_are_apart_and_versions_of_one_are_near():
    own = distance(descriptor(site(1)), descriptor(site(1, 5)))
    other = distance(descriptor(site(1)), descriptor(site(2)))
    assert 50 * own < other


def test_a_new_version_takes_the_place_of_the_old_one():
    memory = stored(Shelf(10**6, "lru"), [site(1), site(2), site(1, 3)])
    assert [entry.uses for entry in memory.entries] == [1, 2]
    assert memory.entries[1].name == entry_of(site(1, 3)).name
    assert memory.num_bytes == 2 * num_bytes(SHAPE)


@pytest.mark.parametrize(("eviction", "left"), [("lru", {2, 3}), ("lfu", {1, 3})])
def test_policies_drop_what_they_should(eviction, left):
    shelf = Shelf(2 * num_bytes(SHAPE), eviction)
    memory = stored(shelf, [site(1), site(1), site(2), site(3)])
    assert {e.name for e in memory.entries} == {entry_of(site(n)).name for n in left}


def test_capacity_is_never_exceeded_and_equal_courses_are_equal():
    draws = np.random.default_rng(5)
    for eviction in ("lru", "lfu"):
        shelf = Shelf(3 * num_bytes(SHAPE) + 5, eviction)
        course = [site(n, v) for n, v in draws.integers(0, 6, (60, 2))]
        memories = [EMPTY, EMPTY]
        for picture in course:
            memories = [shelf.after(m, STORE, picture.copy()) for m in memories]
            assert memories[0].version == memories[1].version
            assert memories[0].num_bytes <= 3 * num_bytes(SHAPE)


def test_events_store_renew_or_leave_as_it_is():
    shelf = Shelf(10**6, "lru")
    memory = stored(shelf, [site(1), site(2)])
    left = shelf.after(memory, Event(stored=False), site(3))
    assert left.version == memory.version
    renewed = shelf.after(memory, Event(renewed=True), site(3))
    assert renewed.version == stored(shelf, [site(3)]).version


def test_an_entry_is_found_by_index_and_version_and_shape():
    memory = stored(Shelf(10**6, "lru"), [site(1), site(2)])
    one = entry_of(site(1))
    assert memory.find((one.index, one.version), SHAPE).name == one.name
    assert memory.find((one.index, one.version ^ 1), SHAPE) is None
    assert memory.find((one.index, one.version), (48, 32, 3)) is None


def test_the_version_covers_what_the_future_depends_on():
    shelf = Shelf(10**6, "lfu")
    memory = stored(shelf, [site(1), site(2)])
    (first, second), clock = memory
    others = [
        Memory((second, first), clock),
        Memory((first,), clock),
        Memory((first, second), clock + 1),
        Memory((first._replace(uses=2), second), clock),
        memory.noted(first.name, "car", 1.0),
    ]
    assert len({m.version for m in (memory, *others)}) == 6


def test_priors_are_running_means_and_stay_with_the_site():
    shelf = Shelf(10**6, "lru", lambda picture: f"{picture.shape[0]} rows")
    memory = stored(shelf, [site(1), site(2)])
    name = memory.entries[0].name
    for success in (1.0, 0.0, 0.5):
        memory = memory.noted(name, "car", success)
    memory = stored(shelf, [site(1, 4)], memory)
    seen = memory.entries[-1]
    assert (seen.prior("car"), seen.prior("bus")) == (0.5, None)
    assert seen.description == "32 rows"
    assert seen.num_bytes == num_bytes(SHAPE) + 7 + 16 + 3


def test_a_belief_follows_the_answers():
    shelf = Shelf(10**6, "lru")
    both = Belief().after(STORE, site(1), shelf, answered=True)
    assert not both.is_sure
    assert both.held == ()
    before, after = both.possible
    assert both.answered(before.tag).possible == (EMPTY,)
    sure = both.answered(after.tag)
    assert [entry.name for entry in sure.held] == [entry_of(site(1)).name]
    assert both.answered(None) == both
    assert both.answered(before.tag ^ after.tag ^ 1).lost_track
    # what both memories hold is held for certain
    then = sure.after(STORE, site(2), shelf, answered=True)
    assert [entry.name for entry in then.held] == [entry_of(site(1)).name]
