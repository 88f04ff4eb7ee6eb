"""Conditions, features and averages of the training."""

import numpy as np

from blocks.features.classifier import shipped
from blocks.features.payload import Payload, num_symbols
from blocks.features.transform import analyse, synthesise
from experiments.features.train import (
    SNRS_DB,
    SYMBOLS,
    Average,
    at,
    draw,
    received,
)
from experiments.features.views import view


def test_conditions_are_within_their_ranges():
    rng = np.random.default_rng(0)
    draws = [draw(rng) for _ in range(300)]
    counts = [num_symbols(d.setting.symbols) for d in draws]
    assert 16 * 2 ** SYMBOLS[0] * 0.99 < min(counts) < 400
    assert 6000 < max(counts) < 16 * 2 ** SYMBOLS[1] * 1.01
    snrs_db = [d.snr_db for d in draws]
    assert SNRS_DB[0] <= min(snrs_db) < 3 < 17 < max(snrs_db) <= SNRS_DB[1]


def test_a_number_of_symbols_is_met():
    for symbols in (200, 1600, 11000):
        assert abs(num_symbols(at(symbols, 10.0).setting.symbols) / symbols - 1) < 0.004


def test_features_arrive_as_over_the_link():
    """The error of typical features is the expected one."""
    rng = np.random.default_rng(1)
    y = rng.normal(size=(8, 14, 14, 112)) * shipped().sigma
    x = synthesise(y.astype(np.float32), shipped())
    found, error = received(Payload(shipped().sigma), x, at(1600, 10.0), rng)
    left = np.sum((analyse(found, shipped()) - y) ** 2)
    assert abs(left / (len(y) * np.sum(shipped().sigma ** 2)) / error - 1) < 0.05


class Variable:
    def __init__(self, value):
        self.shape, self.value = (), np.float32(value)

    def numpy(self):
        return self.value

    def assign(self, value):
        self.value = value


def test_an_average_of_constants_is_the_constant():
    variable = Variable(3.0)
    average = Average([variable])
    for _ in range(2000):
        average.update()
    variable.assign(np.float32(5))
    average.swap()
    np.testing.assert_allclose(variable.value, 3, rtol=1e-3)
    average.swap()
    assert variable.value == 5


def test_the_first_view_is_the_whole_photo():
    rng = np.random.default_rng(0)
    photo = rng.integers(0, 256, (60, 90, 3), np.uint8)
    for _ in range(8):
        whole, part = view(photo, 0, rng), view(photo, 1, rng)
        assert any(np.array_equal(whole, p) for p in (photo, photo[:, ::-1]))
        assert 0.25 * photo.size < part.size <= photo.size
