"""The table of adapters: utility, regret, settling, overshoot, by delay and loss.

After a step, the gap of an adapter is what it loses against the best arm, by the true
expected utilities, averaged over five frames. Its final value is the mean over the last
20 frames of the level. The adapter has settled once the gap stays within 0.1 of that;
the overshoot is how far the gap exceeds it after it was within 0.1 for the first time.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.special import stdtrit

from blocks.adapters import bandit, fixed, oracle, outer_loop, thresholds
from blocks.adapters import random as uniform
from experiments.figures import settling
from experiments.studies.adaptation.play import Episode, Feedback, play
from experiments.studies.adaptation.world import (
    ARMS,
    DIGITAL,
    DWELL,
    PROFILE,
    utilities,
)
from semlink.loop.agents import Adapter, Context

BAND, SMOOTHED, FINAL = 0.1, 5, 20  # utility; frames
SWITCH = 0.1  # loss by a switch [utility of a frame]
TRAINING = range(1000, 1020)  # seeds that no test uses
CASES = tuple(
    Feedback(d, p) for d, p in ((0, 0), (8, 0.1), (32, 0), (0, 0.5), (32, 0.5))
)


DRAWN = ("outer_loop", "thresholds", "bandit", "bandit, trained", "oracle")
Played = dict[Feedback, dict[str, list[Episode]]]  # by case, then by adapter


class Entrant(NamedTuple):
    """An adapter, and its memory at the start of an episode."""

    adapter: Adapter
    memory: Any = None


class Measures(NamedTuple):
    """Of an episode; the first two in utility of a frame, settling in frames.

    utility : mean utility, less what switches lose
    regret : of the best fixed arm in hindsight, less that
    settling : mean frames to settle after a step
    overshoot : mean over the steps
    switches : of a hundred frames
    """

    utility: float
    regret: float
    settling: float
    overshoot: float
    switches: float


def measures(episode: Episode) -> Measures:
    """Measure an episode, its steps from the second level on."""
    switches = episode.switched.mean()
    utility = episode.utility.mean() - SWITCH * switches
    gaps = episode.gap.reshape(-1, DWELL)[1:]
    settled = np.array([step_response(gap) for gap in gaps])
    regret = episode.best_fixed - utility
    return Measures(utility, regret, *settled.mean(axis=0), 100 * switches)


def step_response(gap: np.ndarray) -> tuple[int, float]:
    """Settling [frames] and overshoot of a gap [frames] after a step."""
    kernel = np.ones(SMOOTHED) / SMOOTHED
    smooth = np.convolve(gap, kernel, "valid")
    excess = smooth - gap[-FINAL:].mean()
    outside = np.flatnonzero(np.abs(excess) > BAND)
    settling = int(outside[-1]) + SMOOTHED if len(outside) else 0
    within = np.flatnonzero(np.abs(excess) <= BAND)
    overshoot = max(float(excess[within[0] :].max()), 0.0) if len(within) else BAND
    return settling, overshoot


def entrants() -> dict[str, Entrant]:
    """The adapters, tuned and trained on the seeds of the training."""
    rows = {}
    rows["random"] = Entrant(uniform.build())
    rows["fixed"] = Entrant(_best_fixed())
    rows["outer_loop"] = Entrant(_best_outer_loop())
    rows["thresholds"] = Entrant(tuned_thresholds())
    learner = bandit.build(cost=SWITCH)
    rows["bandit"] = Entrant(learner)
    rows["bandit, trained"] = Entrant(learner, trained(learner))
    rows["oracle"] = Entrant(oracle.build(cost=SWITCH, stay=32))
    return rows


def trained(learner: Adapter):
    """The memory of a bandit after the training, at the start of a session."""
    memory = None
    for seed in TRAINING:
        memory = play(learner, seed, Feedback(), memory).memory
        memory = memory._replace(stay=None, waiting=(), since=0)
    return memory


def tuned_thresholds() -> Adapter:
    """Thresholds between the best arms of the true curves."""
    states_db = np.arange(-6.0, 27.0)
    table = [
        utilities(Context(0, PROFILE, ARMS, state_db=state), state)
        for state in states_db
    ]
    ladder = thresholds.ladder_of(states_db, np.array(table), ARMS, PROFILE.uses)
    return thresholds.build({PROFILE.task: ladder})


def _best_fixed() -> Adapter:
    shares = [fixed.build(arm.transmitter, arm.uses / PROFILE.uses) for arm in ARMS]
    return max(shares, key=_in_training)


def _best_outer_loop() -> Adapter:
    choices = [
        outer_loop.build(DIGITAL, target, step, share=share)
        for target in (0.02, 0.1)
        for step in (0.5, 1.0)
        for share in (0.25, 0.5, 1.0)
    ]
    return max(choices, key=_in_training)


def _in_training(adapter: Adapter) -> float:
    seeds = TRAINING[:3]
    return float(np.mean([play(adapter, s, Feedback()).utility.mean() for s in seeds]))


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Mean, and half width of its 95 % interval."""
    n = len(values)
    half = stdtrit(n - 1, 0.975) * np.std(values, ddof=1) / np.sqrt(n)
    return float(np.mean(values)), float(half)


def played(episodes: int, cases: Sequence[Feedback] = CASES) -> Played:
    """Play each adapter in each case.

    Parameters
    ----------
    episodes : of each adapter in each case, at least two
    cases : delays and losses of reports
    """
    compared = entrants().items()
    seeds = range(episodes)
    return {
        case: {
            name: [play(made, seed, case, memory) for seed in seeds]
            for name, (made, memory) in compared
        }
        for case in cases
    }


def table(found: Played) -> str:
    """A table in Markdown, means over episodes with 95 % intervals."""
    heads = ("utility", "regret", "settling", "overshoot", "switches")
    lines = [f"| delay | loss | adapter | {' | '.join(heads)} |", "|---" * 8 + "|"]
    lines += [
        _line(case, name, [measures(episode) for episode in episodes])
        for case, by_name in found.items()
        for name, episodes in by_name.items()
    ]
    return "\n".join(lines)


def draw(found: Played, path: Path) -> Path:
    """The figure of what is lost after a step, against the best arm of each frame."""
    panels = {
        f"late by {case.delay}, {case.loss:.0%} lost": {
            name: np.array([after_steps(episode) for episode in by_name[name]])
            for name in DRAWN
        }
        for case, by_name in found.items()
    }
    return settling.draw(panels, "utility below the best arm", path)


def after_steps(episode: Episode) -> np.ndarray:
    """Mean gap by the number of frames since a step [frames]."""
    return episode.gap.reshape(-1, DWELL)[1:].mean(axis=0)


def _line(case: Feedback, name: str, rows: Sequence[Measures]) -> str:
    digits = (3, 3, 1, 2, 1)
    cells = []
    for values, places in zip(zip(*rows, strict=True), digits, strict=True):
        mean, half = interval(values)
        cells.append(f"{mean:.{places}f} ± {half:.{places}f}")
    return f"| {case.delay} | {case.loss:.0%} | {name} | {' | '.join(cells)} |"
