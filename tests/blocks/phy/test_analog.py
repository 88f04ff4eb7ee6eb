"""Power meets its optimality conditions; LMMSE meets its predicted error."""

import numpy as np
import pytest

from blocks.phy import analog

SIGMA = np.random.default_rng(0).lognormal(0, 1.5, 300)
TOTAL = 150.0
ALLOCATIONS = {
    "by deviation": lambda noise: analog.power_by_deviation(SIGMA, TOTAL),
    "by noise": lambda noise: analog.power_by_noise(SIGMA, noise, TOTAL),
}


@pytest.mark.parametrize("noise", [1e-4, 0.05, 0.5, 50.0])
def test_power_meets_the_kkt_conditions(noise):
    power = analog.power_by_noise(SIGMA, noise, TOTAL)
    assert power.sum() == pytest.approx(TOTAL)
    assert power.min() >= 0
    # what another unit of power would save is alike where there is some, and
    # nowhere more
    saved = SIGMA**2 * noise / (power + noise) ** 2
    active = power > 0
    np.testing.assert_allclose(saved[active], saved[active][0])
    assert np.all(saved[~active] <= saved[active][0])
    assert active.all() == (noise < 1e-3)


def test_floor_counts_what_there_are_several_of():
    few, count = np.array([3.0, 1.0, 0.2]), np.array([4, 7, 100])
    many = np.repeat(few, count)
    for noise in (0.01, 0.3, 3.0):
        expected = analog.floor(many, noise, 40.0)
        assert analog.floor(few, noise, 40.0, count) == pytest.approx(expected)


def test_by_deviation_is_the_optimum_without_noise():
    noise = 1e-9
    best = analog.power_by_noise(SIGMA, noise, TOTAL)
    np.testing.assert_allclose(analog.power_by_deviation(SIGMA, TOTAL), best, rtol=1e-5)


@pytest.mark.parametrize("noise", [0.005, 0.05, 0.5])
def test_no_small_change_of_power_is_better(noise):
    power = analog.power_by_noise(SIGMA, noise, TOTAL)
    best = analog.distortion(power, SIGMA, noise).sum()
    for seed in range(50):
        factor = np.random.default_rng(seed).lognormal(0, 0.1, len(power))
        other = power * factor + 0.01 * factor
        other *= TOTAL / other.sum()
        assert analog.distortion(other, SIGMA, noise).sum() > best
    plain = analog.power_by_deviation(SIGMA, TOTAL)
    assert analog.distortion(plain, SIGMA, noise).sum() > best


def transmitted(power, no, dimensions, draws=1500):
    """Squared error of the active components in each draw, noise variance ``no``."""
    draw = np.random.default_rng(1)
    active = power > 0
    sigma, gain = SIGMA[active], np.sqrt(power[active]) / SIGMA[active]
    errors = []
    for _ in range(draws):
        values = draw.normal(0, sigma)
        x = analog.pack(analog.spread(values * gain, dimensions))
        n = draw.normal(size=(2, len(x))) * np.sqrt(no / 2)
        received = analog.unpack(x + n[0] + 1j * n[1], no, dimensions)
        errors.append(np.sum((analog.lmmse(*received, gain, sigma) - values) ** 2))
    return np.array(errors), active


def assert_mean(samples: np.ndarray, expected: float) -> None:
    """Within 4 standard errors, which are below 1 %."""
    error = np.std(samples, ddof=1) / np.sqrt(len(samples))
    assert abs(samples.mean() - expected) <= 4 * error
    assert error < 0.01 * expected


@pytest.mark.parametrize("dimensions", [300, 301, 777])
@pytest.mark.parametrize("no", [0.01, 0.1, 1.0])
@pytest.mark.parametrize("name", ALLOCATIONS)
def test_error_is_as_predicted(name, no, dimensions):
    power = ALLOCATIONS[name](no / 2)
    count = -(-dimensions // 2)
    errors, active = transmitted(power, np.full(count, no, np.float32), dimensions)
    predicted = analog.distortion(power, SIGMA, no / 2)[active]
    assert_mean(errors, predicted.sum())


def test_error_over_fading_is_that_of_each_symbol():
    no = 0.1 / np.random.default_rng(2).exponential(size=150).astype(np.float32)
    power = analog.power_by_deviation(SIGMA, TOTAL)
    errors, _ = transmitted(power, no, 300)
    predicted = analog.distortion(power, SIGMA, np.repeat(no / 2, 2))
    assert_mean(errors, predicted.sum())


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_the_estimate_of_an_erased_dimension_is_the_mean():
    noise = np.float32([np.inf, 1, np.inf, np.inf])
    received = np.float32([0, 2, 0, 0])
    ones = np.ones(2)
    # values 0 and 1 in turn: nothing of the first arrives, one copy of the second
    estimates = analog.lmmse(received, noise, ones, ones)
    np.testing.assert_allclose(estimates, [0, np.sqrt(2) / 1.5])


def test_repetition_over_fading_is_diversity():
    no = 0.1 / np.random.default_rng(3).exponential(size=600).astype(np.float32)
    power = analog.power_by_deviation(SIGMA, TOTAL)
    once, _ = transmitted(power, no[:150], 300)
    often, _ = transmitted(power, no, 1200)
    # as one dimension whose SNR is the mean of those of the copies
    precision = np.repeat(2 / no, 2).reshape(4, 300).mean(axis=0)
    predicted = analog.distortion(power, SIGMA, 1 / precision)
    assert_mean(often, predicted.sum())
    assert often.mean() < once.mean()


@pytest.mark.parametrize("count", [1, 2, 7, 100])
def test_packing_and_back(count):
    values = np.random.default_rng(count).normal(size=count).astype(np.float32)
    x = analog.pack(values)
    assert x.dtype == np.complex64
    assert len(x) == -(-count // 2)
    no = np.arange(1, len(x) + 1, dtype=np.float32)
    back, noise = analog.unpack(x, no, count)
    np.testing.assert_array_equal(back, values)
    np.testing.assert_array_equal(noise, np.repeat(no / 2, 2)[:count])


@pytest.mark.parametrize("dimensions", [10, 11, 25, 40])
def test_spreading_keeps_the_power(dimensions):
    values = np.random.default_rng(4).normal(size=10)
    spread = analog.spread(values, dimensions)
    assert len(spread) == dimensions
    assert np.sum(spread**2) == pytest.approx(np.sum(values**2))


def test_scale_is_near_in_its_range():
    scale = analog.LogScale(10, 0.1, 1000.0)
    for value in (0.1, 0.5, 3.3, 999.0, 1000.0):
        assert scale.value(scale.index(value)) == pytest.approx(value, rel=0.005)
    assert scale.value(scale.index(1e9)) == pytest.approx(1000.0)
    assert [scale.index(v) for v in (1e-9, 1e9)] == [0, 1023]
