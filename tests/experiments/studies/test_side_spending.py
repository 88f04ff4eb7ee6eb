"""Bits of side information: the parts add up, and the bound holds."""

import numpy as np
import pytest

from baselines.ntscc import build
from experiments.studies.side_spending import (
    LATENTS,
    SCALED,
    TOLD,
    bits_of,
    side_information,
)
from semlink.errors import InputError


@pytest.fixture(scope="module")
def networks():
    return build().transmitter.shared.networks


@pytest.fixture(scope="module")
def picture():
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (8, 12, 3))
    return coarse.repeat(8, axis=0).repeat(8, axis=1).astype(np.uint8)


def test_parts_are_all_that_is_coded(networks, picture):
    summary = networks.summarise(networks.analyse(picture), 0.5)
    parts = networks.coder.bits_of_parts(summary)
    assert list(parts) == ["classes", "hyper-latent", "thumbnail"]
    assert sum(parts.values()) == pytest.approx(networks.coder.num_bits(summary))
    assert parts["classes"] > parts["hyper-latent"] >= 0


def test_scales_save_something_and_cost_something(networks, picture):
    bits = bits_of(networks, picture, 0.5)
    assert bits["blocks"] == 4 * 6
    assert 0 < bits[SCALED] < bits[LATENTS]
    assert 0 <= bits[TOLD] <= 24 * np.log2(7)
    latents = networks.analyse(picture)
    told = networks.statistics(networks.summarise(latents, 0.5), 0.5)
    alone = networks.information(latents, told, 0.5).sum()
    assert bits[LATENTS] == pytest.approx(float(alone))


def test_table_is_of_a_block(networks):
    lines = side_information("photos", 1, "ntscc").splitlines()
    assert lines[0] == "bits of a 16x16 block, 1 pictures"
    assert [line.split(" | ")[0] for line in lines[4:]] == ["| 0.2", "| 0.5", "| 0.8"]


def test_transmitter_without_networks_is_refused():
    with pytest.raises(InputError, match="a learned one, got 'jpeg_ldpc'"):
        side_information("photos", 1, "jpeg_ldpc")
