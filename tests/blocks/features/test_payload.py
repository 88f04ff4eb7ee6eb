"""The payload meets its power and its closed-form error."""

import numpy as np
import pytest

from blocks.features.classifier import shipped
from blocks.features.payload import (
    FIELDS,
    LOWEST_DB,
    Payload,
    Setting,
    num_symbols,
    snr_index,
)
from semlink.units import db_to_linear

SIZE = shipped().sigma.size
ALL = next(i for i in range(1024) if 2 * num_symbols(i) >= SIZE)


@pytest.fixture(scope="module")
def payload():
    return Payload(shipped().sigma)


def gaussian(seed: int) -> np.ndarray:
    """Coefficients of the shipped deviations."""
    draw = np.random.default_rng(seed).normal(size=shipped().sigma.shape)
    return (draw * shipped().sigma).astype(np.float32)


def over_awgn(payload, y, setting, snr_db, seed=0):
    x, scale = payload.send(y, setting)
    no = db_to_linear(-snr_db)
    noise = np.random.default_rng(seed).normal(0, np.sqrt(no / 2), (2, len(x)))
    heard = (x + noise[0] + 1j * noise[1]).astype(np.complex64)
    return payload.receive(heard, np.full(len(x), no, np.float32), setting, scale)


def test_the_number_of_symbols_grows_in_small_steps():
    counts = np.array([num_symbols(i) for i in range(2 ** FIELDS["symbols"])])
    steps = np.diff(counts)
    assert np.all(steps >= 0)
    assert np.all(steps[counts[1:] > 200] <= 0.011 * counts[1:][counts[1:] > 200])
    assert counts[-1] > SIZE


@pytest.mark.parametrize("symbols", [100, 400, 700])
def test_power_is_one(payload, symbols):
    for scale in (1.0, 1.5, 20.0):  # the last is beyond the header's range
        y = scale * gaussian(1)
        x, _ = payload.send(y, Setting(symbols, snr_index(10.0)))
        assert len(x) == num_symbols(symbols)
        np.testing.assert_allclose(np.mean(np.abs(x) ** 2), 1, atol=0.03)


@pytest.mark.parametrize("snr_db", [0.0, 10.0])
@pytest.mark.parametrize("symbols", [350, 640])
def test_the_error_is_the_expected_one(payload, symbols, snr_db):
    setting, sigma = Setting(symbols, snr_index(snr_db)), shipped().sigma
    errors, expected = [], 0.0
    for seed in range(8):
        y = gaussian(seed)
        received = over_awgn(payload, y, setting, snr_db, seed)
        errors.append(np.sum((received.y - y) ** 2) / np.sum(sigma**2))
        expected = received.error
    assert abs(np.mean(errors) / expected - 1) < 0.05


def test_water_filling_is_better_than_a_mismatched_allocation(payload):
    own, other = (Setting(640, snr_index(snr)) for snr in (0.0, 20.0))
    one, two = (over_awgn(payload, gaussian(1), s, 0.0).error for s in (own, other))
    assert one < two


def test_no_error_is_left_of_all_coefficients_without_noise(payload):
    setting = Setting(ALL, snr_index(23.0))
    y = gaussian(3)
    received = over_awgn(payload, y, setting, 120.0)
    np.testing.assert_allclose(received.y, y, atol=2e-3)
    assert received.error < 1e-6


def test_missing_symbols_are_noticed(payload):
    setting = Setting(300, snr_index(10.0))
    x, scale = payload.send(gaussian(1), setting)
    no = np.ones(len(x) - 1, np.float32)
    assert payload.receive(x[:-1], no, setting, scale) is None


def test_the_snr_has_a_range():
    assert snr_index(-30.0) == 0
    assert snr_index(float(LOWEST_DB)) == 0
    assert snr_index(10.4) == 18
    assert snr_index(99.0) == 31
