"""Laws of fading against closed forms."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import exp1

from semlink.errors import InputError
from semlink.loop.abstraction.laws import average_db, weakest_block_db
from semlink.loop.abstraction.utility import Abstraction

SNR = 10.0  # linear
EXPONENTIALS = -np.log((np.arange(20_000) + 0.5) / 20_000)  # by quantiles
RAYLEIGH_DB = 10 * np.log10(SNR * EXPONENTIALS)


def test_constant_symbols_are_awgn(toy):
    held = Abstraction(toy)
    snr_db, uses = np.array([-7.0, -4.0, 1.3, 9.9, 20.0, 31.0]), 3000
    flat = np.repeat(snr_db[:, None], 7, axis=1)
    for transmitter in held.transmitters:
        for planned_db in (None, 5.0):
            awgn = held.utility(transmitter, snr_db, uses, planned_db=planned_db)
            faded = held.faded(transmitter, flat, uses, planned_db=planned_db)
            assert_allclose(faded.mean, awgn.mean, atol=1e-9)
            assert_allclose(faded.spread, awgn.spread, atol=1e-9)


def test_effective_snr_of_rayleigh_fading_has_its_ergodic_capacity():
    """C = e^(1/s) E1(1/s) / ln 2 (Alouini, Goldsmith, IEEE Trans. Veh. Tech. 1999)."""
    capacity = np.exp(1 / SNR) * exp1(1 / SNR) / np.log(2)
    found = weakest_block_db(RAYLEIGH_DB)
    assert found == pytest.approx(10 * np.log10(2**capacity - 1), abs=0.01)


def test_average_distortion_of_a_linear_code_over_rayleigh_fading():
    """D = E[1 / (1 + s g)] = e^(1/s) E1(1/s) / s, of a Gaussian value, one per use."""
    grid = np.arange(-40.0, 41.0, 0.25)
    profile = 10 * np.log10(1 + 10 ** (grid / 10))[None]
    distortion = np.exp(1 / SNR) * exp1(1 / SNR) / SNR
    found = average_db(RAYLEIGH_DB[None], grid, profile, in_db=True)
    assert found[0] == pytest.approx(10 * np.log10(1 / distortion - 1), abs=0.01)
    share = 1 - 1 / (1 + 10 ** (grid / 10))[None]  # the same quality, from 0 to 1
    assert average_db(RAYLEIGH_DB[None], grid, share, in_db=False) == pytest.approx(
        found, abs=0.02
    )


def test_the_laws_differ_where_the_closed_forms_do(toy):
    """An analog link loses more to fading than a coded one that knows the state."""
    held = Abstraction(toy)
    coded, analog = (
        held.faded(name, RAYLEIGH_DB[::20], 1000).mean[0]
        for name in ("coded", "analog")
    )
    assert coded > analog + 0.3


def test_a_frame_is_lost_with_its_weakest_block(toy):
    held = Abstraction(toy)
    symbols = np.r_[np.full(8, 18.0), np.full(8, 7.0)]
    whole = held.faded("coded", symbols, 1000, planned_db=10.0)
    assert whole.mean[2] == 1.0
    apart = held.faded("coded", symbols, 1000, planned_db=10.0, block=8)
    assert_allclose(apart.mean, apart.floor)
    assert weakest_block_db(symbols, 8) == pytest.approx(7.0)
    assert weakest_block_db(symbols[:12], 8) < weakest_block_db(symbols[:10], 8)


def test_frames_and_symbols_broadcast(toy):
    held = Abstraction(toy)
    symbols = np.random.default_rng(0).uniform(-2, 22, (5, 16))
    found = held.faded([[0], [1], [2]], symbols, 2000, np.arange(4)[:, None, None])
    assert found.mean.shape == (4, 3, 5, 3)
    alone = held.faded(1, symbols[3], 2000, 2)
    assert_allclose(found.mean[2, 1, 3], alone.mean)


def test_no_symbols_are_refused(toy):
    with pytest.raises(InputError, match=r"axis of symbols, got shape \(2, 0\)"):
        Abstraction(toy).faded(0, np.zeros((2, 0)), 100)
