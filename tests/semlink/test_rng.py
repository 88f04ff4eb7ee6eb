"""Seeds: every transmission has its own, and it alone decides what is drawn."""

import subprocess
import sys
from itertools import product

import numpy as np
import pytest

from semlink.rng import seed_everything, seed_of


def test_seed_is_a_function_of_its_arguments():
    assert seed_of(1, "point", 2, 3) == seed_of(1, "point", 2, 3)


def test_seed_is_the_same_in_another_process():
    code = "from semlink.rng import seed_of; print(seed_of(1, 'point', 2, 3))"
    # the hash of a string differs from process to process, the seed must not
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True).stdout
    assert int(printed) == seed_of(1, "point", 2, 3)


def test_seeds_differ_wherever_they_should():
    where = product((0, 1, 2**40), ("a", "b", ""), range(10), range(10))
    seeds = [seed_of(root, point, *batch) for root, point, *batch in where]
    seeds += [seed_of(1, "a"), seed_of(1, "a", 0)]
    assert len(set(seeds)) == len(seeds)


def test_seeds_have_63_bits_and_use_them():
    seeds = np.array([seed_of(1, "a", i) for i in range(2000)])
    bits = seeds[:, None] >> np.arange(64) & 1
    # each bit is set in half of the seeds, within five standard errors
    deviation = np.abs(bits[:, :63].mean(axis=0) - 0.5)
    assert np.all(deviation < 5 * 0.5 / np.sqrt(len(seeds)))
    assert not bits[:, 63].any()


@pytest.fixture(scope="module")
def draw():
    config = pytest.importorskip("sionna.phy").config

    def numbers(seed):
        seed_everything(seed)
        return config.tf_rng.normal([4]).numpy(), config.np_rng.normal(size=4)

    return numbers


def test_all_generators_follow_the_seed(draw):
    first, other, again = draw(5), draw(2**63 - 1), draw(5)
    for a, b, c in zip(first, other, again, strict=True):
        np.testing.assert_array_equal(a, c)
        assert not np.any(a == b)
