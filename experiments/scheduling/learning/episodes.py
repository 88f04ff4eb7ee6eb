"""Episodes of a cell side by side, as an environment of TF-Agents."""

from collections.abc import Sequence

import numpy as np
from tf_agents.environments.py_environment import PyEnvironment
from tf_agents.specs import ArraySpec, BoundedArraySpec
from tf_agents.trajectories import StepType, TimeStep

from blocks.schedulers.features import FEATURES
from blocks.schedulers.ppo_lagrangian import (
    ACTIONS,
    GRANTS,
    HEADS,
    by_grants,
    shares_of,
)
from experiments.scheduling.cells import Cells, Gained
from experiments.scheduling.learning.masks import ACTION, fixed

MOST = 1e3  # of a number, which no policy comes near


class Episodes(PyEnvironment):
    """A batch of episodes that begin and end together.

    Observations are features [B, K, F], float32. Actions are those of the form,
    float32: scores, powers and choices [B, 5 K], user by user, or parameters [B, 2].
    Rewards are vectors [B, 4], float32: reward and cost, as of
    :class:`experiments.scheduling.cells.Cells`, and those of the heuristic on the same
    episodes. Arrivals and channels are those of the seed, whatever is decided: what the
    heuristic has in the same slots is a baseline that takes most of their noise away.
    The last step is a truncation, of discount 1; the step after it begins the next
    episodes.

    Parameters
    ----------
    cells : the cell
    beside : another one of the same kind, in which the heuristic decides
    form : of the actions
    first : seed of the first episode; the others follow it, those of later batches, too
    count : B
    without : parts of actions that are the heuristic's
    """

    def __init__(
        self,
        cells: Cells,
        beside: Cells,
        form: str,
        first: int,
        count: int,
        without: Sequence[str] = (),
    ):
        super().__init__(handle_auto_reset=True)
        self._cells, self._beside, self._form = cells, beside, form
        self._next, self._count, self._without = first, count, without

    @property
    def form(self) -> str:
        """Form of the actions."""
        return self._form

    @property
    def batched(self) -> bool:
        """True."""
        return True

    @property
    def batch_size(self) -> int:
        """B."""
        return self._count

    def observation_spec(self) -> ArraySpec:
        """Of the features of one episode."""
        return ArraySpec((self._cells.users, FEATURES), np.float32, "features")

    def action_spec(self) -> BoundedArraySpec:
        """Of the actions for one episode."""
        choices = HEADS.values() if self._form == GRANTS else ()
        numbers = ACTIONS[self._form] - len(choices)
        least = [-MOST] * numbers + [0.0] * len(choices)
        largest = [MOST] * numbers + [of - 1.0 for of in choices]
        bounds = (np.tile(np.float32(of), self._each) for of in (least, largest))
        width = len(least) * self._each
        return BoundedArraySpec((width,), np.float32, *bounds, "actions")

    def reward_spec(self) -> ArraySpec:
        """Of reward and cost, and of those of the heuristic."""
        return ArraySpec((4,), np.float32, "rewards and costs")

    @property
    def _each(self) -> int:
        """Users that have actions of their own, or one cell."""
        return self._cells.users if self._form == GRANTS else 1

    def _reset(self) -> TimeStep:
        seeds = range(self._next, self._next + self._count)
        self._next += self._count
        seen, _ = self._cells.reset(seeds), self._beside.environment.reset(seeds)
        return self._step_of(StepType.FIRST, seen, np.zeros((4, self._count)))

    def _step(self, action: np.ndarray) -> TimeStep:
        cells, action = self._cells, np.asarray(action)
        if self._form == GRANTS:
            action = action.reshape(self._count, self._each, -1)
            action = fixed(action, self._without)
        gained = cells.step(shares_of(self._form, action, cells.demands, cells.pool))
        kind = StepType.LAST if cells.ends else StepType.MID
        return self._step_of(kind, cells.seen, np.array([*gained, *self._advised()]))

    def _advised(self) -> Gained:
        """What the slot brings to the heuristic."""
        cells = self._beside
        nothing = np.zeros((self._count, cells.users, ACTIONS[GRANTS]))
        actions = fixed(nothing, ACTION)
        return cells.step(by_grants(actions, cells.demands, cells.pool))

    def _step_of(self, kind, seen: np.ndarray, gained: np.ndarray) -> TimeStep:
        return TimeStep(
            step_type=np.full(self._count, kind, np.int32),
            reward=gained.T.astype(np.float32),
            discount=np.ones(self._count, np.float32),
            observation=seen,
        )
