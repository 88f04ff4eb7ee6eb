"""Past transitions, and how TF-Agents takes them."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from tf_agents.trajectories import StepType, Trajectory


class Replay:
    """A ring of transitions; each is a tuple of arrays with one axis of episodes.

    Parameters
    ----------
    size : transitions to keep
    """

    def __init__(self, size: int):
        self._size, self._kept, self._next, self._full = size, None, 0, False

    def add(self, *values: np.ndarray) -> None:
        """Add transitions : [B, ...] each."""
        if self._kept is None:
            shapes = [(self._size, *value.shape[1:]) for value in values]
            pairs = zip(shapes, values, strict=True)
            self._kept = [np.zeros(shape, value.dtype) for shape, value in pairs]
        where = (self._next + np.arange(len(values[0]))) % self._size
        for kept, value in zip(self._kept, values, strict=True):
            kept[where] = value
        self._full |= self._next + len(where) >= self._size
        self._next = (self._next + len(where)) % self._size

    def sample(self, rng: np.random.Generator, count: int) -> Sequence[np.ndarray]:
        """Transitions at random : [count, ...] each."""
        chosen = rng.integers(self._size if self._full else self._next, size=count)
        return [kept[chosen] for kept in self._kept]


def transitions(seen, action, reward, following, last) -> Trajectory:
    """Trajectories [B, 2] of single transitions.

    Input
    -----
    seen, following : observations before and after, arrays or tuples : [B, ...]
    action : [B, ...]
    reward : [B], float32
    last : [B], whether the episode ends
    """

    def pair(one, other):
        return tf.stack([tf.convert_to_tensor(one), tf.convert_to_tensor(other)], 1)

    ends = np.where(last, StepType.LAST, StepType.MID).astype(np.int32)
    middle = np.full_like(ends, StepType.MID)
    return Trajectory(
        step_type=pair(middle, ends),
        observation=tf.nest.map_structure(pair, seen, following),
        action=pair(action, action),
        policy_info=(),
        next_step_type=pair(ends, middle),
        reward=pair(reward, np.zeros_like(reward)),
        discount=pair(1 - last.astype(np.float32), np.ones_like(reward)),
    )
