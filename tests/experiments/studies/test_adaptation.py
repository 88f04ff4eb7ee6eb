"""The study of adapters: its measures, and its bounds."""

import numpy as np
import pytest

from blocks.adapters import bandit, fixed, oracle, outer_loop
from blocks.adapters import random as uniform
from experiments.studies.adaptation.play import Feedback, play
from experiments.studies.adaptation.table import (
    after_steps,
    draw,
    measures,
    played,
    step_response,
    table,
    tuned_thresholds,
)
from experiments.studies.adaptation.world import ARMS, DIGITAL, DWELL, course
from semlink.loop.agents import Setting

OTHERS = {
    "random": uniform.build(),
    "fixed": fixed.build(DIGITAL, 0.5),
    "outer_loop": outer_loop.build(DIGITAL, share=0.5),
    "thresholds": tuned_thresholds(),
    "bandit": bandit.build(),
}
HARD = Feedback(16, 0.5)


@pytest.fixture(scope="module")
def episodes():
    return {
        (name, case): play(made, 3, case)
        for name, made in {**OTHERS, "oracle": oracle.build()}.items()
        for case in (Feedback(), HARD)
    }


@pytest.mark.parametrize("case", [Feedback(), HARD], ids=["prompt", "late"])
def test_the_oracle_is_the_best(episodes, case):
    """In each frame of the adapters without margin, and in the mean of all."""
    bound = episodes["oracle", case]
    assert np.all(bound.gap == 0)
    for name in OTHERS:
        episode = episodes[name, case]
        np.testing.assert_array_equal(episode.truth, bound.truth)
        assert name == "outer_loop" or np.all(episode.gap >= 0)
        assert episode.utility.mean() < bound.utility.mean()


def test_thresholds_beat_the_best_fixed_arm_and_random_is_the_worst(episodes):
    adapting = measures(episodes["thresholds", Feedback()])
    assert adapting.regret < -0.02
    assert adapting.settling < DWELL / 4
    drawn = measures(episodes["random", Feedback()])
    assert drawn.regret > 0.1


def test_a_late_report_settles_later(episodes):
    prompt, late = (
        measures(episodes["thresholds", case]).settling for case in (Feedback(), HARD)
    )
    assert late > prompt + 8


def test_a_fixed_arm_has_the_regret_of_its_means(episodes):
    episode = episodes["fixed", HARD]
    assert episode.settings == (Setting(ARMS[-2]),) * len(episode.utility)
    regret = episode.truth.mean(axis=0).max() - episode.truth[:, -2].mean()
    assert measures(episode).regret == pytest.approx(regret)


def test_an_episode_is_the_same_again(episodes):
    again = play(OTHERS["random"], 3, HARD)
    assert again.settings == episodes["random", HARD].settings
    np.testing.assert_array_equal(again.utility, episodes["random", HARD].utility)


def test_levels_differ_by_five_decibels():
    levels = course(0).snr_db.reshape(-1, DWELL).mean(axis=1)
    assert np.all(np.abs(np.diff(levels)) > 3)


def test_step_responses_that_are_known():
    """A gap that ends after ten frames, and one that returns at the fortieth."""
    gap = np.zeros(DWELL)
    gap[:10] = 0.4
    assert step_response(gap) == (13, pytest.approx(0.08))
    gap[40:45] = 0.8
    settling, overshoot = step_response(gap)
    assert settling == 49
    assert overshoot == pytest.approx(0.8)
    assert step_response(np.full(DWELL, 0.3)) == (0, pytest.approx(0))


@pytest.mark.slow
def test_the_table_has_a_line_for_each_adapter_and_the_figure_a_curve(tmp_path):
    found = played(2, [Feedback()])
    lines = table(found).splitlines()
    assert len(lines) == 2 + 7
    assert all(line.count("|") == 9 for line in lines)
    assert draw(found, tmp_path / "settling.png").stat().st_size > 10_000
    (by_name,) = found.values()
    worst = after_steps(by_name["random"][0])
    assert worst.shape == (DWELL,)
    assert worst.mean() > 10 * abs(after_steps(by_name["oracle"][0]).mean())
