"""Plays an adapter through an episode, over a delayed and lossy report."""

from typing import Any, NamedTuple

import numpy as np

from experiments.studies.adaptation.world import (
    ARMS,
    PERIOD,
    PROFILE,
    Course,
    assumed,
    course,
    expected,
    played,
    utilities,
)
from semlink.loop.agents import Adapter, Context, Heard, Setting
from semlink.signalling.messages import Report


class Feedback(NamedTuple):
    """How reports arrive.

    delay : frames by which a report is late; with none it precedes the next frame
    loss : probability that it does not arrive
    """

    delay: int = 0
    loss: float = 0.0


class Episode(NamedTuple):
    """What became of the frames.

    settings : what was chosen [frames]
    utility : expected utility of the choice, by the true state [frames]
    truth : that of each arm without margin [frames, n]
    memory : the adapter's memory at the end
    """

    settings: tuple[Setting, ...]
    utility: np.ndarray
    truth: np.ndarray
    memory: Any

    @property
    def gap(self) -> np.ndarray:
        """Loss against the best arm of each frame [frames]."""
        return self.truth.max(axis=1) - self.utility

    @property
    def best_fixed(self) -> float:
        """Mean utility of the best fixed arm in hindsight."""
        return float(self.truth.mean(axis=0).max())

    @property
    def switched(self) -> np.ndarray:
        """Whether the arm changed [frames], bool."""
        arms = [setting.arm for setting in self.settings]
        pairs = zip(arms, arms[1:], strict=False)
        return np.array([False, *(a != b for a, b in pairs)])


def play(
    adapter: Adapter, seed: int, feedback: Feedback, memory: Any = None
) -> Episode:
    """Play an episode.

    Parameters
    ----------
    adapter : an oracle gets the true utilities
    seed : of the episode's course
    feedback : delay and loss of reports
    memory : of the adapter, from episodes before
    """
    events, settings, due = course(seed), [], []
    utility = np.zeros(len(events.snr_db))
    truths = np.zeros((len(utility), len(ARMS)))
    state_db, silent = None, 0
    for frame, snr_db in enumerate(events.snr_db):
        heard = tuple(item for when, item in due if when == frame)
        due = [(when, item) for when, item in due if when > frame]
        state_db = heard[-1].report.state_db if heard else state_db
        silent = 0 if heard or not frame else silent + 1
        context = Context(frame * PERIOD, PROFILE, ARMS, heard, state_db, silent, ())
        truths[frame] = utilities(context, snr_db)
        agent = _informed(adapter, truths[frame])
        draws = np.random.default_rng([seed, frame])
        setting, memory = agent(context, memory, draws)
        settings.append(setting)
        utility[frame] = expected(setting.arm, snr_db, assumed(setting, state_db))
        if events.lost[frame] >= feedback.loss:
            when = frame + 1 + feedback.delay
            due.append((when, _heard(frame, when, context, setting, events)))
    return Episode(tuple(settings), utility, truths, memory)


def _informed(adapter: Adapter, truth: np.ndarray) -> Adapter:
    """The adapter itself, or an oracle that knows the truth."""
    return adapter.knows(lambda _: truth) if hasattr(adapter, "knows") else adapter


def _heard(frame, when, context: Context, setting: Setting, events: Course) -> Heard:
    success, late = played(frame, setting, context.state_db, events)
    report = Report(
        frame=frame % 16,
        lost=not success,
        success=success,
        late=late,
        state_db=int(np.rint(events.snr_db[frame])),
    )
    return Heard(when * PERIOD, setting.arm, report, context.slot)
