"""A synthetic world: utilities of transmitters over the SNR, and its steps.

The curves have the shapes of real links and the numbers of none: words that arrive
almost always and say little, two analog codes that degrade gracefully, and a digital
link that chooses its scheme for the reported state less a margin. More channel uses
give more quality, and more often miss the deadline.
"""

import math
from typing import NamedTuple

import numpy as np

from semlink.loop.agents import Arm, Context, Setting
from semlink.signalling.messages import TaskProfile

NAMES = ("words", "graceful", "learned", "digital")
WORDS, GRACEFUL, LEARNED, DIGITAL = range(4)
USES = (5_000, 10_000, 20_000)
ARMS = (Arm(WORDS, 1_000), *(Arm(t, n) for t in (1, 2, 3) for n in USES))
LATE = {1_000: 0.0, 5_000: 0.02, 10_000: 0.05, 20_000: 0.25}  # probability
QUALITY = {1_000: 1.0, 5_000: 0.75, 10_000: 0.88, 20_000: 1.0}
# largest quality, SNR of its half and width of the rise [dB]
CURVES = {GRACEFUL: (0.8, 4, 4), LEARNED: (0.9, 7, 2), DIGITAL: (1.0, 9, 2)}
PROFILE = TaskProfile(uses=20_000, retransmissions=0)
PERIOD = 20  # slots from one frame to the next
DWELL, STEPS = 80, 6  # frames of a level, levels of an episode
LEVELS_DB = (0.0, 20.0)
LEAST_STEP_DB = 5.0
WANDER_DB, MEMORY = 1.0, 0.95  # deviation around a level, and its correlation


class Course(NamedTuple):
    """What happens in an episode, whatever is chosen.

    snr_db : true state of each frame [frames]
    lost : uniform draw of each frame's report [frames]
    delivered, noise, late : uniform draws of each frame [frames]
    """

    snr_db: np.ndarray
    lost: np.ndarray
    delivered: np.ndarray
    noise: np.ndarray
    late: np.ndarray


def course(seed: int) -> Course:
    """Draw an episode."""
    rng = np.random.default_rng([29, seed])
    levels = [rng.uniform(*LEVELS_DB)]
    while len(levels) < STEPS:
        level = rng.uniform(*LEVELS_DB)
        if abs(level - levels[-1]) >= LEAST_STEP_DB:
            levels.append(level)
    snr_db = np.repeat(levels, DWELL)
    wander = np.zeros(len(snr_db))
    for k, step in enumerate(rng.normal(size=len(snr_db))[1:], 1):
        wander[k] = MEMORY * wander[k - 1] + np.sqrt(1 - MEMORY**2) * step
    return Course(snr_db + WANDER_DB * wander, *rng.uniform(size=(4, len(snr_db))))


def _rise(value_db: float, middle_db: float, width_db: float) -> float:
    return 1 / (1 + math.exp(-(value_db - middle_db) / width_db))


def quality(arm: Arm, snr_db: float, assumed_db: float) -> float:
    """Success of a frame that arrives, 0 to 1."""
    if arm.transmitter == WORDS:
        return 0.45
    top, middle_db, width_db = CURVES[arm.transmitter]
    value_db = assumed_db if arm.transmitter == DIGITAL else snr_db
    return QUALITY[arm.uses] * top * _rise(value_db, middle_db, width_db)


def delivery(arm: Arm, snr_db: float, assumed_db: float) -> float:
    """Probability that a frame arrives."""
    if arm.transmitter == WORDS:
        return _rise(snr_db, -4, 1)
    if arm.transmitter == DIGITAL:
        return _rise(snr_db, assumed_db - 1.5, 0.33)
    return 1.0


def expected(arm: Arm, snr_db: float, assumed_db: float) -> float:
    """Expected utility of a frame: its success, less its probability of being late.

    Parameters
    ----------
    arm : transmitter and channel uses
    snr_db : true state [dB]
    assumed_db : reported state less the margin [dB]
    """
    mean = quality(arm, snr_db, assumed_db) * delivery(arm, snr_db, assumed_db)
    return mean - LATE[arm.uses]


def played(frame: int, setting: Setting, state_db: float | None, events: Course):
    """Success and lateness of a frame, as the receiver reports them."""
    arm, snr_db = setting.arm, events.snr_db[frame]
    assumed_db = assumed(setting, state_db)
    good = quality(arm, snr_db, assumed_db)
    good += min(good, 1 - good) * (events.noise[frame] - 0.5)
    arrives = events.delivered[frame] < delivery(arm, snr_db, assumed_db)
    return float(good * arrives), bool(events.late[frame] < LATE[arm.uses])


def assumed(setting: Setting, state_db: float | None) -> float:
    """The state that a digital link is made for [dB]; 0 dB before the first report."""
    return (0.0 if state_db is None else state_db) - setting.margin_db


def utilities(context: Context, snr_db: float) -> np.ndarray:
    """Expected utility of each arm of a context at a true state [n]."""
    settings = [Setting(arm) for arm in context.arms]
    return np.array(
        [expected(s.arm, snr_db, assumed(s, context.state_db)) for s in settings]
    )
