"""What a bandit sees of a context: the state as weights of knots, and the profile."""

import numpy as np

from semlink.signalling.messages import TaskProfile

KNOTS_DB = np.arange(-4.0, 25.0, 4.0)  # reported states between which rewards are lines
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(5)  # of a normal distribution
NUM_FEATURES = len(KNOTS_DB) + 2


def features(
    profile: TaskProfile, state_db: float, spread_db: float = 0.0
) -> np.ndarray:
    """Features of a context : [d], float64, 0 to 1.

    The first are weights of the knots, whose sum is one: a reward that is linear in
    them is linear in the state between two knots, and constant beyond the last. Of a
    state that is not certain they are the expectation. The others are priority and
    deadline.

    Parameters
    ----------
    profile : what is executed
    state_db : the state [dB]
    spread_db : standard deviation of the state [dB]
    """
    states = np.clip(state_db + spread_db * NODES, KNOTS_DB[0], KNOTS_DB[-1])
    distance = np.abs(states[:, None] - KNOTS_DB) / (KNOTS_DB[1] - KNOTS_DB[0])
    weights = WEIGHTS / WEIGHTS.sum() @ np.maximum(1 - distance, 0)
    deadline = np.clip(np.log10(profile.deadline_ms) / 5, 0, 1)
    return np.append(weights, [profile.priority / 3, deadline])
