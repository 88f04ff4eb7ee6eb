"""Which dimensions are asked for, and what it costs to say so."""

import numpy as np
import pytest

from blocks.arq.request import Kind, kind_of, positions, written
from blocks.arq.selection import CHUNK, CLASSES, Dimensions, choose
from blocks.phy.analog import distortion

LENGTH, SYMBOLS = 20_000, 168  # dimensions, and symbols of a fade
AGAIN = 0.1  # noise variance of a dimension at 10 dB


@pytest.fixture
def faded():
    """Dimensions of falling deviations, with power by deviation, in block fading."""
    rng = np.random.default_rng(1)
    sigma = np.exp(rng.normal(0, 0.8, LENGTH))
    power = np.maximum(sigma * (1 + AGAIN) / sigma.mean() - AGAIN, 0)
    gain = rng.exponential(size=-(-LENGTH // (2 * SYMBOLS)))
    noise = AGAIN / np.repeat(gain, 2 * SYMBOLS)[:LENGTH]
    return Dimensions(sigma, power / power.mean()), noise


def error_after(of: Dimensions, noise, asked) -> float:
    """Expected error once the dimensions came again without a fade."""
    added = np.zeros(len(noise))
    added[asked] = of.gains(asked) ** 2 / AGAIN
    return float(distortion(of.power, of.sigma, 1 / (1 / noise + added)).sum())


def test_little_more_is_left_than_with_the_best_single_dimensions(faded):
    of, noise = faded
    ones, limit = np.ones(LENGTH), LENGTH // 8
    asked = of.asked(choose(of, noise, ones, limit))
    assert 0.98 * limit < np.count_nonzero(asked) <= limit
    # every dimension by itself, at the same power
    after = 1 / (1 / noise + 1 / AGAIN)
    gain = distortion(of.power, of.sigma, noise) - distortion(of.power, of.sigma, after)
    best = np.zeros(LENGTH, bool)
    best[np.argsort(-gain)[:limit]] = True
    random = np.random.default_rng(2).permutation(best)
    before = distortion(of.power, of.sigma, noise).sum()
    won, ideal, least = (
        before - error_after(of, noise, which) for which in (asked, best, random)
    )
    assert won > 0.93 * ideal
    assert won > 3 * least > 0


def test_power_of_what_is_sent_again_is_one_on_average(faded):
    of, noise = faded
    asked = of.asked(choose(of, noise, np.ones(LENGTH), LENGTH // 8))
    values = np.random.default_rng(3).normal(size=(40, LENGTH)) * np.sqrt(of.power)
    power = np.mean((values[:, asked] * of.gains(asked)) ** 2)
    assert power == pytest.approx(1, abs=0.02)


def test_without_fades_the_strongest_come_again(faded):
    of, _ = faded
    asked = of.asked(choose(of, np.full(LENGTH, AGAIN), np.ones(LENGTH), LENGTH // 8))
    assert of.sigma[asked].min() > 0.7 * np.quantile(of.sigma, 7 / 8)


def test_a_region_of_more_weight_comes_first(faded):
    of, noise = faded
    weight = np.where(np.arange(LENGTH) < LENGTH // 4, 50.0, 1.0)
    asked = of.asked(choose(of, noise, weight, LENGTH // 16))
    plain = of.asked(choose(of, noise, np.ones(LENGTH), LENGTH // 16))
    there = [np.mean(np.flatnonzero(which) < LENGTH // 4) for which in (asked, plain)]
    assert there[0] > 0.8 > 0.4 > there[1]


def test_what_was_asked_for_is_what_the_transmitter_reads(faded):
    of, noise = faded
    for limit in (0, CHUNK, LENGTH // 8, LENGTH):
        least = choose(of, noise, np.ones(LENGTH), limit)
        bits = written(Kind.POSITIONS, least)
        assert kind_of(bits) is Kind.POSITIONS
        read = positions(bits, LENGTH)
        np.testing.assert_array_equal(read, least)
        assert np.count_nonzero(of.asked(read)) <= limit
    for kind in (Kind.NOTHING, Kind.DIGITAL, Kind.PAYLOAD):
        assert kind_of(written(kind)) is kind
        assert len(written(kind)) == 2


def test_a_request_is_far_shorter_than_its_bitmap(faded):
    of, noise = faded
    least = choose(of, noise, np.ones(LENGTH), LENGTH // 8)
    share = np.mean(of.asked(least))
    bitmap = -LENGTH * (share * np.log2(share) + (1 - share) * np.log2(1 - share))
    assert len(written(Kind.POSITIONS, least)) < 0.1 * bitmap


def test_nothing_is_asked_for_where_nothing_can_be_won():
    of = Dimensions(np.ones(CHUNK), np.zeros(CHUNK))
    least = choose(of, np.full(CHUNK, AGAIN), np.zeros(CHUNK), CHUNK)
    assert np.all(least == CLASSES)
