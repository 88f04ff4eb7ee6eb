"""What flows through a link, and the units it is counted in."""

import numpy as np
import pytest

from semlink.signals import Ledger, ledger, stack_symbols
from semlink.units import (
    CONVENTIONS,
    PSNR_CAP_DB,
    channel_uses,
    db_to_linear,
    linear_to_db,
    psnr_db,
    source_values,
)


def test_ledger_adds_up_every_purpose():
    uses = ledger(2, header=1, side=10, payload=[100, 200], pilots=1000)
    assert uses.total.tolist() == [1111, 1211]
    assert ledger(2, retransmission=[3, 4]).total.tolist() == [3, 4]
    assert sum(len(np.unique(entry)) for entry in uses) == 6


def test_ledger_has_one_whole_number_for_each_image():
    for entry in ledger(3, header=np.float64(5), payload=[1, 2, 3]):
        assert entry.shape == (3,)
        assert entry.dtype == np.int64
    assert Ledger._fields == ("header", "side", "payload", "pilots", "retransmission")


def test_ledger_of_another_number_of_images():
    with pytest.raises(ValueError, match="shape"):
        ledger(2, payload=[1, 2, 3])


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [([1], 8), ([8], 8), ([9], 16), ([3, 17, 0], 24), ([0], 0)],
)
def test_symbols_are_stacked_to_a_multiple(lengths, expected):
    rows = [np.full(n, 1 + 2j, np.complex64) for n in lengths]
    x = stack_symbols(rows, multiple=8)
    assert x.shape == (len(rows), expected)
    assert x.dtype == np.complex64
    for row, n in zip(x, lengths, strict=True):
        assert np.all(row[:n] == 1 + 2j)
        assert not row[n:].any()


def test_common_length_hides_the_length():
    lengths = {stack_symbols([np.ones(n)]).shape[1] for n in range(1, 1025)}
    assert lengths == {1024}


def test_decibels():
    values = np.array([-30.0, 0.0, 3.0, 10.0])
    np.testing.assert_allclose(linear_to_db(db_to_linear(values)), values, atol=1e-12)
    assert db_to_linear(10.0) == 10
    assert db_to_linear(np.float32(3)) == pytest.approx(1.9953, rel=1e-4)


@pytest.mark.parametrize("shape", [(4, 5, 3), (1, 4, 5, 3), (7, 4, 5, 3)])
def test_source_values_are_those_of_one_image(shape):
    assert source_values(np.zeros(shape)) == 60


def test_a_ratio_of_whole_numbers_is_not_rounded_down():
    image = np.zeros((16, 30, 3))
    for uses in range(1, 500):
        assert channel_uses(uses / image.size, image) == uses
        assert channel_uses((uses + 0.99) / image.size, image) == uses


def test_psnr_by_its_definition():
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 256, (2, 8, 8, 3), np.uint8)
    mse = np.mean((a.astype(float) - b.astype(float)) ** 2)
    assert psnr_db(a, b) == pytest.approx(20 * np.log10(255) - 10 * np.log10(mse))
    assert psnr_db(a, b) == psnr_db(b, a)


def test_psnr_at_its_ends():
    black, white = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    assert psnr_db(black, white) == 0
    assert psnr_db(black, black) == PSNR_CAP_DB
    worst = black.copy()
    worst[0, 0, 0] = 1
    assert psnr_db(black, worst) < PSNR_CAP_DB


def test_conventions_say_every_unit_that_a_table_uses():
    assert {"cbr", "snr_db", "psnr", "ci95", "outage", "bler"} <= set(CONVENTIONS)
