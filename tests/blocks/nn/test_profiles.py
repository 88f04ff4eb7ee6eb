"""Profiles of the codec's networks, and their initial weights."""

import keras
import numpy as np
import pytest

from blocks.nn.jscc import LEVELS
from blocks.nn.profiles import PROFILES, make_codec

MOST_PARAMETERS = {
    "tiny": 300_000,
    "small": 3_000_000,
    "small_wide": 3_000_000,
    "small_deep": 3_000_000,
    "base": 12_000_000,
    "large": 12_000_000,
}


@pytest.mark.parametrize("name", PROFILES)
def test_profile_is_no_larger_than_it_may_be(name):
    codec = make_codec(name)
    held = sum(int(np.prod(v.shape)) for v in codec.variables)
    assert held == codec.count_params()
    assert held < MOST_PARAMETERS[name]


@pytest.mark.parametrize("name", PROFILES)
def test_profile_fits_the_parts_that_it_is_for(name):
    profile = PROFILES[name]
    assert profile.channels in LEVELS  # a position can be sent whole
    assert profile.widths[2] % profile.heads == 0
    assert profile.window % 2 == 0


def test_unknown_profile():
    with pytest.raises(
        KeyError, match="no profile 'huge'; there are tiny, small, small_w"
    ):
        make_codec("huge")


def test_random_weights_are_those_of_the_seed():
    made = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        made.append([np.asarray(v) for v in make_codec("tiny").variables])
    same = [np.array_equal(a, b) for a, b in zip(*made[:2], strict=True)]
    assert all(same)
    other = [np.array_equal(a, b) for a, b in zip(*made[1:], strict=True)]
    assert not all(other)


def test_start_is_the_linear_code(tiny_codec, klt):
    fixed = [tiny_codec.analysis.linear, tiny_codec.synthesis.linear]
    trained = {id(v) for v in tiny_codec.trainable_variables}
    assert not trained & {id(v) for layer in fixed for v in layer.variables}
    assert len(trained) == len(tiny_codec.variables) - 4
