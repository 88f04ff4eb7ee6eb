"""The margin of the outer loop: its equilibrium, and its calm under delay."""

from collections import deque
from typing import NamedTuple

import numpy as np
import pytest

from blocks.adapters.outer_loop import build
from semlink.errors import InputError
from semlink.loop.agents import Arm, Context, Heard
from semlink.signalling.messages import Report, TaskProfile

ARM = Arm(0, 1000)
PROFILE = TaskProfile()


class Run(NamedTuple):
    """Failures and margins [dB] of frames, and which reports moved the margin."""

    failed: np.ndarray
    margin_db: np.ndarray


def run(made, frames: int, delay: int = 0, seed: int = 0, middle_db=2.0) -> Run:
    """Send frames that fail with probability 1 / (1 + exp(margin - middle))."""
    rng, due, memory = np.random.default_rng(seed), deque(), None
    failed, margin_db = np.zeros(frames, bool), np.zeros(frames)
    for slot in range(frames):
        arrived = due and due[0].slot <= slot
        heard = (due.popleft(),) if arrived else ()
        context = Context(slot, PROFILE, (ARM,), heard, 10.0)
        setting, memory = made(context, memory, rng)
        margin_db[slot] = setting.margin_db
        failed[slot] = rng.random() < 1 / (1 + np.exp(setting.margin_db - middle_db))
        report = Report(frame=slot % 16, lost=failed[slot], success=0.3)
        due.append(Heard(slot + 1 + delay, ARM, report, slot))
    return Run(failed, margin_db)


@pytest.mark.parametrize("target", [0.05, 0.1, 0.3])
@pytest.mark.parametrize("step_db", [0.25, 1.0])
def test_failures_are_the_target_up_to_what_the_margin_has_moved(target, step_db):
    """All steps add up to the way of the margin, so their balance is exact."""
    sent = run(build(target=target, step_db=step_db, least_db=-40, most_db=40), 4000)
    way_db = sent.margin_db[-1] - sent.margin_db[0]
    counted = sent.failed[:-1]
    balance_db = step_db * (counted.sum() - target * len(counted)) / (1 - target)
    assert way_db == pytest.approx(balance_db, abs=1e-6)
    assert counted.mean() == pytest.approx(target, abs=20 / (step_db * len(counted)))


def test_failures_are_the_target_under_a_delay():
    """Within the interval of six runs, after the first 500 of 2500 frames."""
    shares = [
        run(build(target=0.2), 2500, delay=8, seed=k).failed[500:].mean()
        for k in range(6)
    ]
    half = 2.57 * np.std(shares, ddof=1) / np.sqrt(6)
    assert abs(np.mean(shares) - 0.2) < half + 0.005
    assert half < 0.03


def test_a_delay_brings_no_oscillation():
    """The margin's spread is that without delay, though steps are a decibel."""
    spreads = [
        np.std(run(build(target=0.2), 6000, delay=delay).margin_db[1500:])
        for delay in (0, 32)
    ]
    assert spreads[1] < 1.25 * spreads[0]


def test_the_margin_follows_the_error_curve():
    low, high = (
        run(build(target=0.1), 2000, middle_db=middle).margin_db[500:].mean()
        for middle in (-2.0, 3.0)
    )
    assert high - low == pytest.approx(5, abs=0.5)


def test_the_margin_keeps_its_limits():
    never = run(build(least_db=-2), 400, middle_db=-60)
    always = run(build(most_db=5), 400, middle_db=60)
    assert never.margin_db[-1] == -2
    assert always.margin_db[-1] == 5


def test_silence_adds_the_reserve():
    made, rng = build(patience=3, reserve_db=6), np.random.default_rng(0)
    settings = [
        made(Context(9, PROFILE, (ARM,), (), 10.0, silent), None, rng)[0].margin_db
        for silent in (2, 3)
    ]
    assert settings == [0, 6]


def test_limits_in_the_wrong_order_are_refused():
    with pytest.raises(InputError, match=r"at most most_db, 1, got 2$"):
        build(least_db=2, most_db=1)
