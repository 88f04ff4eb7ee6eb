"""Channels and arrivals of cells have the statistics that they are named for."""

import numpy as np
import pytest
from scipy.special import j0

from semlink.loop.traffic.arrivals import ArrivalProcess
from semlink.loop.traffic.config import Arrivals, Fading
from semlink.loop.traffic.states import States
from semlink.units import db_to_linear

SEEDS = range(64)


def states_of(fading: Fading, slots: int, users: int = 4) -> np.ndarray:
    states = States([fading] * users, SEEDS)
    return np.stack([states() for _ in range(slots)])  # [T, B, K]


def test_fading_is_rayleigh_with_the_autocorrelation_of_clarke():
    doppler = 0.05
    waves, slots = [], 400
    states = States([Fading(doppler=doppler)] * 4, SEEDS)
    for _ in range(slots):
        states()
        waves.append(states._waves.sum(axis=-1) / 4)  # of 16 waves
    h = np.stack(waves)
    assert np.mean(np.abs(h) ** 2) == pytest.approx(1, abs=0.03)
    assert np.mean(np.abs(h) ** 4) == pytest.approx(2, abs=0.15)
    for lag in (1, 3, 6, 10):
        found = np.mean(h[lag:] * np.conj(h[:-lag])).real
        assert found == pytest.approx(j0(2 * np.pi * doppler * lag), abs=0.06)


def test_shadowing_keeps_the_mean_gain_and_is_correlated():
    fading = Fading(doppler=0, offset_db=-7, shadowing_db=6, shadowing_slots=10)
    found = states_of(fading, 600)
    assert db_to_linear(found - 3).mean() == pytest.approx(1, rel=0.1)
    assert found.std() == pytest.approx(6, rel=0.05)
    centred = found - found.mean()
    correlation = np.mean(centred[10:] * centred[:-10]) / np.mean(centred**2)
    assert correlation == pytest.approx(np.exp(-1), abs=0.05)


def test_outages_have_their_share_and_their_length():
    fading = Fading(doppler=0, outage=0.25, outage_slots=8, outage_db=40)
    out = states_of(fading, 800) < -10
    assert out.mean() == pytest.approx(0.25, abs=0.02)
    begins = np.sum(~out[:-1] & out[1:])
    assert out.sum() / begins == pytest.approx(8, rel=0.1)


@pytest.mark.parametrize("kind", ["poisson", "bursts", "periodic"])
def test_arrivals_have_their_rate(kind):
    arrivals = Arrivals(kind=kind, rate=0.3, on_slots=5, on_share=0.4)
    process = ArrivalProcess([arrivals] * 4, SEEDS)
    counts = np.stack([process() for _ in range(600)])
    assert counts.mean() == pytest.approx(0.3, rel=0.05)
    spread = counts.var(axis=0).mean() / counts.mean()
    if kind == "poisson":
        assert spread == pytest.approx(1, rel=0.05)
        zero = np.mean(counts == 0)
        assert zero == pytest.approx(np.exp(-0.3), abs=0.01)
    elif kind == "bursts":
        assert spread > 1.05
        assert np.mean(counts == 0) > np.exp(-0.3)
    else:
        gaps = np.diff(np.nonzero(counts[:, 0, 0])[0])
        assert set(gaps) == {3, 4}


def test_an_episode_has_the_same_course_alone_and_beside_others():
    fading = Fading(shadowing_db=4, outage=0.1)
    many, one = States([fading] * 2, [5, 6, 7]), States([fading] * 2, [6])
    for _ in range(300):
        np.testing.assert_array_equal(many()[1], one()[0])
