"""Every registered source that needs no argument keeps the contract of a source."""

from collections.abc import Mapping
from functools import cache

import numpy as np
import pytest

from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.protocols import Source
from semlink.signals import Sample

REGISTRY = catalogue().registries["source"]
SOURCES = REGISTRY.complete()
every = pytest.mark.parametrize("name", SOURCES)


def fresh(name: str):
    return catalogue().build("source", ComponentSpec(name=name))


source = cache(fresh)


def test_there_are_sources_to_try():
    assert {"photos", "gaussian"} <= set(SOURCES)


@every
def test_is_a_source(name):
    assert isinstance(source(name), Source)
    assert len(source(name)) > 0


@every
def test_samples_have_the_documented_shape(name):
    modality = source(name).modality
    types = {"image": np.uint8, "signal": np.float32}
    for index, sample in enumerate(source(name)):
        assert isinstance(sample, Sample)
        assert sample.modality == modality
        if modality in types:
            assert sample.data.ndim == 3
            assert sample.data.shape[2] == 3
            assert sample.data.dtype == types[modality]
            assert sample.values == sample.data.size
        assert sample.values > 0
        assert sample.index == index
        assert sample.name
        assert isinstance(sample.annotations, Mapping)
    assert index == len(source(name)) - 1


@every
def test_toys_have_zero_mean(name):
    if source(name).modality != "signal":
        pytest.skip("no toy")
    means = [np.mean(sample.data) for sample in source(name)]
    error = np.std(means, ddof=1) / np.sqrt(len(means))
    assert abs(np.mean(means)) < 4 * error


@every
def test_names_are_unique(name):
    names = [sample.name for sample in source(name)]
    assert len(set(names)) == len(names)


@every
def test_any_order_gives_the_same(name):
    one, other = source(name), fresh(name)
    for index in reversed(range(len(other))):
        np.testing.assert_array_equal(one[index].data, other[index].data)


@every
def test_ends_where_it_says(name):
    with pytest.raises(IndexError):
        source(name)[len(source(name))]


@every
def test_fingerprint_is_of_the_content(name):
    print_ = source(name).fingerprint()
    assert print_ == fresh(name).fingerprint()
    assert len(print_) == 64
    others = [fresh(n).fingerprint() for n in SOURCES if n != name]
    assert print_ not in others


@every
def test_samples_cannot_be_changed_behind_its_back(name):
    sample = source(name)[0]
    try:
        sample.data[:] = 0
    except ValueError:
        return
    assert np.any(source(name)[0].data)
