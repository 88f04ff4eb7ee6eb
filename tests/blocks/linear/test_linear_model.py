"""Coefficients arrive with the error that their statistics predict."""

from functools import cache

import numpy as np
import pytest

from blocks.linear import classes as linear_classes
from blocks.linear import payload as linear_payload
from blocks.linear.model import (
    analyse,
    deviations,
    frequency_bins,
    gains_of,
    grid_of,
    shipped,
    synthesise,
)
from blocks.phy import analog
from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.units import db_to_linear, psnr_db

GREY = np.full(3, 128, np.uint8)


@cache
def photos() -> tuple[np.ndarray, ...]:
    source = catalogue().build("source", ComponentSpec(name="photos"))
    return tuple(source[i].data for i in range(len(source)))


@cache
def drawn_from_the_model(grid, seed: int):
    """Coefficients drawn from the model, and their deviations."""
    draw, model = np.random.default_rng(seed), shipped()
    classes = draw.choice(
        model.num_classes, grid[0] * grid[1], p=model.prior / model.prior.sum()
    )
    gains = draw.integers(18, 23, model.num_spectral)
    sigma = deviations(gains, classes, grid, model)
    # the mean alone would be most of the energy, and no statistic at all
    sigma[0] = sigma[1]
    return draw.normal(0, sigma), sigma


def noise_like(kind: str, count: int, snr_db: float, seed: int) -> np.ndarray:
    """Noise variance of each symbol [count], float32."""
    gain = np.ones(count)
    if kind == "fading":
        gain = np.random.default_rng([7, seed]).exponential(size=count)
    return (1 / (gain * db_to_linear(snr_db))).astype(np.float32)


def over_noise(x, sigma, quality: int, level: int, no: np.ndarray, seed: int):
    """Squared error over variance, summed over coefficients; ``no`` [num_symbols]."""
    kept = linear_payload.mask(sigma, quality)
    floor = linear_payload.floor_of(level, quality)
    sent, scale = linear_payload.send_coefficients(x[kept], sigma[kept], floor)
    assert np.mean(np.abs(sent) ** 2) == pytest.approx(1, rel=1e-5)
    draw = np.random.default_rng(seed).normal(0, np.sqrt(no / 2), (2, len(sent)))
    estimate = np.zeros_like(x)
    estimate[kept] = linear_payload.receive_coefficients(
        sent + draw[0] + 1j * draw[1], no, sigma[kept], floor, scale
    )
    error = np.sum(((x - estimate)[kept] / sigma[kept]) ** 2)
    return error, np.sum(np.abs(sent) ** 2) / _power_before(x[kept], sigma[kept], floor)


def _power_before(x, s, floor: float) -> float:
    """Power of an image's symbols, were they not scaled to one on average."""
    return float(np.sum(x**2 * _power(s, floor) / s**2))


def _power(s: np.ndarray, floor: float) -> np.ndarray:
    """Mean power of the signal over images drawn from the model."""
    power = np.maximum(s - floor, 0)
    return power * len(s) / 2 / power.sum()


def predicted(sigma, quality: int, level: int, no: np.ndarray, scaled: float) -> float:
    """The same by the theory of independent components."""
    kept = linear_payload.mask(sigma, quality)
    s, floor = sigma[kept], linear_payload.floor_of(level, quality)
    power = scaled * _power(s, floor)
    if level and np.count_nonzero(power) < len(s):  # others are repeated
        error = analog.distortion(power, s, no[0] / 2)
    else:
        error = analog.distortion(power, s, np.repeat(no / 2, 2)[: len(s)])
    return np.sum(error / s**2)


@pytest.mark.parametrize("kind", ["constant", "fading"])
@pytest.mark.parametrize("csi", [False, True])
@pytest.mark.parametrize("snr_db", [0.0, 10.0, 20.0])
@pytest.mark.parametrize("quality", [900, 1200, 1600])
def test_distortion_is_that_of_the_theory(quality, snr_db, csi, kind):
    errors, expected = [], []
    for seed in range(20):
        x, sigma = drawn_from_the_model((20, 25), seed)
        kept = linear_payload.mask(sigma, quality)
        level = linear_payload.NO_FLOOR
        if csi:
            noise = db_to_linear(-snr_db) / 2
            level = linear_payload.floor_index(sigma[kept], quality, noise)
            silent = sigma[kept] <= linear_payload.floor_of(level, quality)
            if kind == "fading" and silent.any():
                pytest.skip("copies over fading have a test of their own")
        count = -(-np.count_nonzero(kept) // 2)
        no = noise_like(kind, count, snr_db, seed)
        error, scaled = over_noise(x, sigma, quality, level, no, seed)
        errors.append(error)
        expected.append(predicted(sigma, quality, level, no, scaled))
    assert np.sum(errors) == pytest.approx(np.sum(expected), rel=0.03)


@pytest.mark.parametrize("snr_db", [-5.0, 5.0, 20.0])
def test_floor_of_the_header_is_nearly_the_best(snr_db):
    _, sigma = drawn_from_the_model((30, 40), 1)
    noise = db_to_linear(-snr_db) / 2
    s = sigma[linear_payload.mask(sigma, 1200)]
    best = analog.power_by_noise(s, noise, len(s) / 2)
    level = linear_payload.floor_index(s, 1200, noise)
    power = _power(s, linear_payload.floor_of(level, 1200))
    least = analog.distortion(best, s, noise).sum()
    assert analog.distortion(power, s, noise).sum() < 1.001 * least


def test_rate_grows_coefficient_by_coefficient():
    _, sigma = drawn_from_the_model((8, 12), 2)
    rates = np.array([linear_payload.mask(sigma, q).sum() for q in range(900, 1000)])
    assert np.all(np.diff(rates) >= 0)
    assert np.max(np.diff(rates)) <= 0.02 * rates[0]


def test_what_is_in_nothing_is_sent_as_nothing():
    none = np.zeros(0)
    x, scale = linear_payload.send_coefficients(none, none, 0.0)
    assert len(x) == 0
    back = linear_payload.receive_coefficients(x, none, none, 0.0, scale)
    assert len(back) == 0


def test_transform_is_orthonormal():
    basis = shipped().basis.astype(float)
    np.testing.assert_allclose(basis.T @ basis, np.eye(basis.shape[1]), atol=2e-3)


@pytest.mark.parametrize("size", [(16, 16), (17, 33), (5, 100), (48, 64)])
def test_a_picture_comes_back_from_its_coefficients(size):
    model, image = shipped(), photos()[1][: size[0], : size[1]]
    x = analyse(image, GREY, model)
    assert x.shape == (np.prod(grid_of(*size)), model.basis.shape[1])
    back = synthesise(x, GREY, size, model)
    assert back.shape == image.shape
    assert psnr_db(image, back) > 35


def test_transform_keeps_energy():
    image = photos()[2][:320, :480]
    x = analyse(image, GREY, shipped())
    energy = np.sum(((image.astype(float) - GREY) / 255) ** 2)
    assert np.sum(x.astype(float) ** 2) == pytest.approx(energy, rel=0.002)


def test_bins_follow_the_frequency():
    bins = frequency_bins((40, 60)).reshape(40, 60)
    assert bins[0, 0] == 0
    assert np.count_nonzero(bins == 0) == 1
    assert np.all(np.diff(bins[0, 1:]) >= 0)
    assert frequency_bins((20, 30)).reshape(20, 30)[5, 5] == bins[10, 10]


def test_gains_are_those_of_the_picture():
    model, grid = shipped(), (30, 40)
    sigma = deviations(np.array([18, 20, 25]), np.zeros(1200, int), grid, model)
    x = np.random.default_rng(3).normal(0, sigma)
    np.testing.assert_array_equal(gains_of(x, grid, model), [18, 20, 25])


@pytest.mark.parametrize("grid", [(1, 1), (1, 7), (9, 1), (20, 31)])
def test_classes_arrive(grid):
    model, draw = shipped(), np.random.default_rng(4)
    classes = draw.integers(0, model.num_classes, grid[0] * grid[1])
    gains = draw.integers(0, 32, model.num_spectral)
    bits = linear_classes.encode(gains, classes, grid, model)
    decoded = linear_classes.decode(bits, grid, model)
    np.testing.assert_array_equal(decoded[0], gains)
    np.testing.assert_array_equal(decoded[1], classes)


@pytest.mark.parametrize("image", range(5))
def test_classes_take_few_bits(image):
    model, image = shipped(), photos()[image]
    grid = grid_of(*image.shape[:2])
    x = analyse(image, GREY, model)[:, model.num_spectral :]
    paid = linear_classes.prices(model, 0.4, 0.05, True, 2.4)
    chosen = linear_classes.choose_classes(x, grid, model, paid)
    bits = linear_classes.encode(gains_of(x, grid, model), chosen, grid, model)
    assert len(bits) < 3 * len(chosen)
    # a higher price of bits gives fewer bits and less saving elsewhere
    dear = linear_classes.choose_classes(
        x, grid, model, paid._replace(bit=20 * paid.bit)
    )
    fewer = linear_classes.encode(gains_of(x, grid, model), dear, grid, model)
    assert len(fewer) < len(bits)
    cost = (x * x) @ paid.squares.T + paid.constant
    blocks = np.arange(len(cost))
    assert cost[blocks, chosen].sum() < cost[blocks, dear].sum()
