"""What channels can be told, and what they refuse."""

import numpy as np
import pytest

from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.errors import InputError


def build(word: str):
    return catalogue().build("channel", ComponentSpec.model_validate(word))


def test_awgn_takes_nothing():
    with pytest.raises(InputError, match="awgn takes no argument, got '3'"):
        build("awgn:3")


@pytest.mark.parametrize("length", ["0", "-1", "1.5", "long"])
def test_coherence_length_is_a_positive_whole_number(length):
    with pytest.raises(InputError, match=r"channel\.rayleigh\.coherence_length"):
        build(f"rayleigh:{length}")


@pytest.mark.parametrize(("length", "fades"), [(1, 12), (5, 3), (12, 1), (500, 1)])
def test_coherence_length_is_that_of_a_fade(length, fades):
    rx = build(f"rayleigh:{length}")(np.ones((1, 12), np.complex64), np.float32(10))
    assert len(np.unique(rx.h_hat.numpy())) == fades


def test_default_fade_is_a_resource_block_of_a_slot():
    rx = build("rayleigh")(np.ones((1, 337), np.complex64), np.float32(10))
    assert len(np.unique(rx.h_hat.numpy())) == 3
