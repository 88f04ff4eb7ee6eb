"""Totals of a session: closed forms of its interval, sums of its rows."""

import numpy as np
import pytest
from scipy.stats import t

from experiments.sessions.summary import Totals, batch_mean


def test_batches_of_one_value_have_the_interval_of_student():
    values = np.array([1.0, 2.0, 4.0])  # batches of two and of one frame
    mean = batch_mean(values)
    assert mean.value == pytest.approx(7 / 3)
    assert mean.batch == 2
    residual = np.array([3.0, 4.0]) - 7 / 3 * np.array([2, 1])
    deviation = np.sqrt(2 / 1 * np.sum(residual**2)) / 3
    assert mean.half == pytest.approx(t.ppf(0.975, 1) * deviation)


def test_the_interval_covers_the_mean_of_a_correlated_sequence():
    rng, covered, naive = np.random.default_rng(1), 0, 0
    for _ in range(400):
        steps, memory = rng.normal(size=464), 0.7
        values = np.zeros(464)
        for i in range(1, 464):
            values[i] = memory * values[i - 1] + steps[i]
        values = values[64:]
        mean = batch_mean(values)
        covered += abs(mean.value) < mean.half
        naive += abs(mean.value) < 1.96 * values.std() / np.sqrt(len(values))
    assert covered / 400 > 0.88
    assert naive / 400 < 0.7


def test_totals_add_up(step_row):
    rows = [
        step_row(0),
        step_row(1, late=1, transmitter="", utility=0, uses_other="up_odd=7"),
        step_row(2, retransmissions=1, down_retransmission=500, lost=1),
    ]
    utility, frames, uses, energy, _ = Totals(rows).lines("+-")
    assert utility.startswith("utility  0.500 +- ")
    assert "frames are correlated" in utility
    assert frames.split("   ")[1] == (
        "33.3 % late (1, of which 1 not sent), 1 lost, 1 retransmissions, 0 acts"
    )
    assert uses == (
        "uses     3,927: down 3,500 (payload 3,000, retransmission 500); "
        "up 427 (report 420, odd 7)"
    )
    assert energy == "energy   0.3 J, machines and air"


def test_a_single_frame_has_no_interval(step_row):
    assert Totals([step_row()]).lines()[0] == "utility  0.750"
