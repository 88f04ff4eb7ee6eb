"""A cell as a Gymnasium environment: one episode, actions are scores and powers."""

import gymnasium
import numpy as np

from blocks.schedulers.features import FEATURES
from blocks.schedulers.ppo_lagrangian import HEADS, by_grants
from experiments.scheduling.cells import Cells
from semlink.loop.traffic.environment import CellEnvironment

MOST = 1e7  # of a feature, such as the weight of a pool
SEEDS = 2**31
LARGEST = (1.0, 1.0, *(float(choices - 1) for choices in HEADS.values()))
LEAST = (-1.0, -1.0, *(0.0 for _ in HEADS))


class CellEnv(gymnasium.Env):
    """One episode of a cell (version 3: actions set all of a grant).

    Observation space
        ``Box(-1e7, 1e7, (K, F), float32)``: features of the K users, as
        :mod:`blocks.schedulers.features` describes them.
    Action space
        ``Box`` of ``(K, 5)``, float32: for each user a correction of the score and of
        the power of ``drift_plus_penalty``, from -1 to 1; and, rounded to whole
        numbers, the redundancy, 0 to 3, whether to depart from the heuristic's choice
        of the transmitter, 0 or 1, and the most retransmissions, 0 to 3. Users are
        served in the order of falling scores until the pool is empty; those of a score
        of 0 or less are not served. A power of 1 is 10 dB more, as far as the pool has
        the energy.
    Reward
        Value of the slot less the price of its channel uses, over the mean weight of
        what is offered (:class:`experiments.scheduling.cells.Cells`).
    ``info``
        ``cost``: weight of what the slot lost, over the same.
    Episode
        It is truncated after the slots of the configuration, and never terminates. Its
        course is that of the seed, whatever is decided.

    Parameters
    ----------
    environment : the cell
    """

    metadata = {"render_modes": []}

    def __init__(self, environment: CellEnvironment):
        self._cells = Cells(environment)
        users = self._cells.users
        box = gymnasium.spaces.Box
        self.observation_space = box(-MOST, MOST, (users, FEATURES), np.float32)
        least, largest = (
            np.tile(np.array(of, np.float32), (users, 1)) for of in (LEAST, LARGEST)
        )
        self.action_space = box(least, largest, dtype=np.float32)

    def reset(self, *, seed: int | None = None, options: dict | None = None):
        """Begin an episode; without a seed, one that is drawn."""
        super().reset(seed=seed)
        drawn = int(self.np_random.integers(SEEDS)) if seed is None else seed
        return self._cells.reset([drawn])[0], {"cost": 0.0}

    def step(self, action):
        """Serve by an action : observation, reward, False, whether it ends, cost."""
        cells, actions = self._cells, np.asarray(action)[None]
        gained = cells.step(by_grants(actions, cells.demands, cells.pool))
        info = {"cost": float(gained.cost[0])}
        ends = self._cells.ends
        return self._cells.seen[0], float(gained.reward[0]), False, ends, info
