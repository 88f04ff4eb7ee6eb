"""Signals of a link, and their units."""

import numpy as np
import pytest

from semlink.signals import Ledger, RxSignal, Sample, Use, ledger, on_air, scene
from semlink.units import (
    CONVENTIONS,
    PSNR_CAP_DB,
    channel_uses,
    db_to_linear,
    linear_to_db,
    psnr_db,
)


def test_a_ledger_adds_up_every_purpose_both_ways():
    down = ledger(header=1, side=10, payload=100, pilots=0)
    up = ledger(direction="up", request=7) + ledger(direction="backhaul", sync=1000)
    both = down + up + ledger(payload=5, part="left")
    assert both.total == 1 + 10 + 100 + 7 + 5
    assert both.of(purpose="payload") == 105
    assert both.of(purpose="payload", part="left") == 5
    assert both.of(direction="backhaul") == 1000
    assert both.of(direction="down") == 116
    assert Use("pilots") not in both
    assert sum([down, up], Ledger()) == down + up
    assert down == ledger(header=1, side=10, payload=100)


def test_a_ledger_counts_whole_channel_uses():
    assert all(type(n) is int for n in ledger(header=np.int64(5), side=2.0).values())


def test_parts_of_a_scene_add_up():
    left = Sample("two words", "text", 2, 0, "left")
    whole = scene({"left": left, "right": left._replace(values=3)}, 4, "both")
    assert (whole.modality, whole.values, whole.index) == ("many", 5, 4)


@pytest.mark.parametrize(("length", "expected"), [(0, 8), (1, 8), (8, 8), (9, 16)])
def test_symbols_on_the_air_have_zeros_behind_them(length, expected):
    x = on_air(np.full(length, 1 + 2j, np.complex64), multiple=8)
    assert x.shape == (1, expected)
    assert x.dtype == np.complex64
    assert np.all(x[0, :length] == 1 + 2j)
    assert not x[0, length:].any()


def test_a_common_length_hides_the_length():
    assert {on_air(np.ones(n)).shape[1] for n in range(1025)} == {1024}


def test_a_signal_alone_has_no_batch_axis():
    rx = RxSignal(*np.arange(6).reshape(3, 1, 2)).alone
    np.testing.assert_array_equal(rx.no, [2, 3])
    with pytest.raises(ValueError, match="unpack"):
        _ = RxSignal(*np.zeros((3, 2, 2))).alone


def test_decibels():
    values = np.array([-30.0, 0.0, 3.0, 10.0])
    np.testing.assert_allclose(linear_to_db(db_to_linear(values)), values, atol=1e-12)
    assert db_to_linear(10.0) == 10
    assert db_to_linear(np.float32(3)) == pytest.approx(1.9953, rel=1e-4)


def test_a_ratio_of_whole_numbers_is_not_rounded_down():
    values = 16 * 30 * 3
    for uses in range(1, 500):
        assert channel_uses(uses / values, values) == uses
        assert channel_uses((uses + 0.99) / values, values) == uses


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
