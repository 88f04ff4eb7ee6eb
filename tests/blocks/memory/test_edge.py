"""An edge holds a part of the cloud's base; changes are counted, skew is repaired."""

import numpy as np
import pytest

from blocks.memory.edge import (
    HASH_BYTES,
    Cloud,
    Skew,
    applied,
    counted,
    listed,
    short,
    version_of,
)
from blocks.memory.entry import entry_of
from semlink.errors import InputError


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (32, 48, 3), np.uint8)


@pytest.fixture(scope="module")
def cloud():
    entries = [entry_of(picture(seed)) for seed in range(6)]
    return Cloud("sites", {short(entry.name): entry for entry in entries})


def synchronised(cloud, held, after):
    """Entries of an edge after a change, and its bytes."""
    change = cloud.change(held, after)
    parcels = cloud.parcels(change)
    return applied(held, change, parcels), counted(change, parcels)


def test_a_change_carries_what_is_new_and_names_the_rest(cloud):
    a, b, c, *_ = cloud.entries
    held, first = synchronised(cloud, {}, [a, b])
    held, second = synchronised(cloud, held, [b, c])
    assert sorted(held) == sorted([b, c])
    size = cloud.entries[a].num_bytes
    # one entry and a name less; one that is dropped is named, not sent
    assert first.of(direction="backhaul") - second.of(direction="backhaul") == size
    assert second.of(purpose="sync") < size + 100
    assert second.total == 0  # the backhaul is apart from the air


def test_nothing_new_costs_two_versions_alone(cloud):
    names = list(cloud.entries)[:3]
    held, _ = synchronised(cloud, {}, names)
    _, again = synchronised(cloud, held, names)
    assert again.of(purpose="sync") < 5 * HASH_BYTES


def test_skew_is_noticed_and_repaired_from_what_is_held(cloud):
    a, b, c, d, *_ = cloud.entries
    held, _ = synchronised(cloud, {}, [a, b])
    missed = cloud.change([a, b], [a, b, c])  # the edge never hears of it
    change = cloud.change([a, b, c], [b, c, d])
    with pytest.raises(Skew, match=missed.after):
        applied(held, change, cloud.parcels(change))
    assert listed(held).of(direction="backhaul") > 2 * HASH_BYTES
    repaired, uses = synchronised(cloud, held, [b, c, d])
    assert version_of(repaired) == change.after
    # only what is missing is sent
    assert uses.of(purpose="sync") < 2 * cloud.entries[c].num_bytes + 100


def test_an_entry_that_changed_on_its_way_is_skew(cloud):
    a, b, *_ = cloud.entries
    change = cloud.change([], [a])
    with pytest.raises(Skew):
        applied({}, change, {a: cloud.entries[b]})


def test_a_base_that_lacks_an_entry_says_so(cloud):
    with pytest.raises(InputError, match="base sites must hold the entry, got 00"):
        cloud.change([], ["00"])
