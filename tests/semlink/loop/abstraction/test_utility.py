"""Utility by a table: interpolation, plans, draws, refusals."""

import time

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from semlink.errors import InputError
from semlink.loop.abstraction.utility import Abstraction
from tests.semlink.loop.abstraction.conftest import CBR, SNR_DB, VALUES, quality_db

PSNR, F1, DELIVERY = range(3)


@pytest.fixture
def held(toy):
    return Abstraction(toy)


def test_the_measured_points_are_exact(held, toy):
    uses = np.floor(CBR * VALUES)
    for t in range(3):
        found = held.utility(t, SNR_DB[:, None], uses)
        there = np.isfinite(toy.spent[t])
        assert_array_equal(found.feasible, there)
        assert_allclose(found.mean[there], toy.mean[t, 0][there], rtol=1e-12)
        assert_allclose(
            found.mean[~there], np.tile([12.0, 0.05, 0.0], (2, 1))[: (~there).sum()]
        )


def test_between_them_it_is_linear_in_db_and_in_log_uses(held):
    snr_db, uses = np.array([-3.1, 2.0, 7.7, 19.0]), np.array([123, 777, 5000, 9999])
    found = held.utility("analog", snr_db, uses).mean[:, PSNR]
    assert_allclose(found, quality_db(snr_db, uses / VALUES), rtol=1e-9)


def test_another_size_of_picture_shifts_the_budget(held):
    small = held.utility("analog", 10.0, 500, values=VALUES / 2).mean
    assert_allclose(small, held.utility("analog", 10.0, 1000).mean)


def test_utility_rises_with_snr_and_uses(held):
    snr_db, uses = np.linspace(-20, 40, 61)[:, None], np.geomspace(1, 1e6, 50)
    for transmitter in held.transmitters:
        mean = held.utility(transmitter, snr_db, uses).mean
        assert np.diff(mean, axis=0).min() >= -1e-9
        assert np.diff(mean, axis=1).min() >= -1e-9


def test_outside_the_grid_it_is_the_edge_or_the_floor(held):
    top = held.utility("analog", SNR_DB[-1], 1e4).mean
    assert_array_equal(held.utility("analog", 60.0, 1e9).mean, top)
    bottom = held.utility("analog", SNR_DB[0], 1000).mean
    assert_array_equal(held.utility("analog", -5.9, 1000).mean, bottom)
    lost = held.utility("analog", -6.1, 1000)
    assert_array_equal(lost.mean, lost.floor)
    nothing = held.utility("analog", 10.0, [0, 99])
    assert not nothing.feasible.any()
    assert_array_equal(nothing.mean, nothing.floor)


def test_a_plan_above_the_channel_loses_a_coded_frame(held):
    snr_db = np.array([7.9, 8.1])
    coded = held.utility("coded", snr_db, 1000, planned_db=12.0)
    assert_allclose(coded.mean[0], coded.floor[0])
    # what arrives is what was planned, however good the channel
    assert_allclose(coded.mean[1, PSNR], quality_db(12.0, 0.01))
    best = held.utility("coded", 20.0, 1000, planned_db=0.0)
    assert_allclose(best.mean[PSNR], quality_db(0.0, 0.01))
    analog = held.utility("analog", 20.0, 1000, planned_db=0.0)
    assert_allclose(analog.mean[PSNR], quality_db(20.0, 0.01))


def test_the_plan_decides_what_fits_the_budget(held):
    assert not held.utility("large", 20.0, 100, planned_db=2.0).feasible
    fits = held.utility("large", 0.0, 100, planned_db=4.0)
    assert fits.feasible
    # at SNRs without a signal of its own, it has the utility of the next
    assert_allclose(fits.mean[PSNR], quality_db(4.0, 0.001))


def test_draws_have_the_mean_and_spread_of_the_table(toy):
    toy.mean[..., DELIVERY] = 0.8
    toy.mean[..., F1] = 0.5
    toy.spread[..., F1] = 0.3
    toy.spread[..., PSNR] = 6.0
    held = Abstraction(toy)
    given = held.utility("coded", np.full(50_000, 12.0), 1000)
    drawn = held.draw(given, np.random.default_rng(1))
    assert_allclose(drawn.mean(axis=0), given.mean[0], rtol=1e-2)
    assert_allclose(drawn.std(axis=0)[:2], given.spread[0, :2], rtol=2e-2)
    assert set(np.unique(drawn[:, DELIVERY])) == {0.0, 1.0}
    lost = drawn[drawn[:, DELIVERY] == 0]
    assert_array_equal(lost, np.broadcast_to([12.0, 0.05, 0.0], lost.shape))
    assert drawn[:, F1].min() >= 0
    assert drawn[:, F1].max() <= 1


def test_draws_of_yes_or_no_are_yes_or_no(toy):
    toy.mean[..., F1], toy.spread[..., F1] = 0.3, np.sqrt(0.3 * 0.7)
    given = Abstraction(toy).utility("analog", np.full(20_000, 8.0), 1000)
    drawn = Abstraction(toy).draw(given, np.random.default_rng(2))[:, F1]
    assert set(np.unique(drawn)) == {0.0, 1.0}
    assert drawn.mean() == pytest.approx(0.3, abs=0.02)


def test_latency_follows_from_the_uses_of_the_signal(held):
    assert held.spent("coded", 10.0, 1000) == pytest.approx(900)
    assert held.slots("coded", 10.0, [99, 1000, 2000, 10_000]).tolist() == [0, 1, 2, 9]
    assert held.slots("large", 0.0, 100) == 0


def test_classes_of_content(held):
    assert held.content([3.9, 4.0], [[1.0], [9.0]]).tolist() == [[0, 2], [1, 3]]
    plain = held.utility("analog", 10.0, 1000, content=[0, 1]).mean[:, PSNR]
    assert np.diff(plain) == pytest.approx(1.0)


def test_many_frames_in_one_call(held):
    rng, count = np.random.default_rng(0), 20_000
    of = rng.integers(3, size=count), rng.uniform(-10, 25, count)
    rest = rng.integers(10, 20_000, count), rng.integers(4, size=count)
    start = time.perf_counter()
    found = held.utility(*of, *rest)
    elapsed = time.perf_counter() - start
    assert found.mean.shape == (count, 3)
    assert count / elapsed > 1e5
    for i in range(0, count, 1999):
        alone = held.utility(
            *(int(a[i]) if k != 1 else a[i] for k, a in enumerate((*of, *rest)))
        )
        assert_allclose(alone.mean, found.mean[i])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("codde", 10.0, 100), "unknown transmitter 'codde'; did you mean 'coded'?"),
        ((3, 10.0, 100), "whole numbers from 0 to 2, got 3"),
        ((0.5, 10.0, 100), "whole numbers from 0 to 2, got 0.5"),
        ((0, np.nan, 100), "snr_db must be finite, got nan"),
        ((0, "loud", 100), "snr_db must be numbers, got 'loud'"),
        ((0, 10.0, np.inf), "uses must be finite, got inf"),
        ((0, 10.0, 100, 4), "whole numbers from 0 to 3, got 4"),
    ],
)
def test_bad_input_is_one_line(held, arguments, message):
    with pytest.raises(InputError) as error:
        held.utility(*arguments)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_picture_has_values(held):
    with pytest.raises(InputError, match="above 0, got 0"):
        held.utility(0, 10.0, 100, values=0)


def test_a_table_of_one_metric_has_the_values_of_the_whole(toy):
    rng = np.random.default_rng(7)
    number, content = rng.integers(0, 3, 500), rng.integers(0, 4, 500)
    met, planned = rng.uniform(SNR_DB[0] - 3, SNR_DB[-1] + 3, (2, 500))
    uses = np.exp(rng.uniform(np.log(CBR[0] / 2), np.log(2 * CBR[-1]), 500)) * VALUES
    whole, part = Abstraction(toy), Abstraction(toy.only("f1"))
    asked = number, met, uses, content
    of_all, of_one = (t.utility(*asked, planned_db=planned) for t in (whole, part))
    one = part.metrics.index("f1")
    assert_array_equal(of_all.mean[..., F1], of_one.mean[..., one])
    assert_array_equal(of_all.delivery, of_one.delivery)
    assert_array_equal(of_one.spent, whole.spent(number, planned, uses))


def test_from_the_least_state_on_a_budget_holds_a_signal(held):
    uses = np.exp(np.linspace(np.log(CBR[0] / 2), np.log(CBR[-1]), 200)) * VALUES
    for number in range(3):
        least = held.least_db(number, uses)
        fits = held.utility(number, SNR_DB[:, None], uses).feasible  # [S, 200]
        for budget, there in zip(least, fits.T, strict=True):
            assert_array_equal(there[budget <= SNR_DB], True)
            if budget > SNR_DB[0]:
                assert not there[budget > SNR_DB][-1]
