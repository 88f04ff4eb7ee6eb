"""``python -m experiments.scheduling train``: PPO-Lagrangian on cells by the table."""

import json
import time
from typing import NamedTuple

import numpy as np

from blocks.nn.weights import write_weights
from blocks.schedulers.ppo_lagrangian import (
    CONFIG,
    FORMS,
    GRANTS,
    MODEL,
    WEIGHTS,
    by_parameters,
    in_order_of,
)
from experiments.scheduling import traffic
from experiments.scheduling.asked import Train, at_least, even, folder, one_of
from experiments.scheduling.cells import Cells
from experiments.scheduling.learning.card import CARD, card
from experiments.scheduling.learning.multiplier import RULES, Multiplier, combined
from experiments.scheduling.tables import write
from semlink.store.files import sha256, write_whole

EPISODES, SLOTS = 32, 64  # of a batch
PATH, SAID = "training.csv", 10  # batches between two lines on the screen


class Batch(NamedTuple):
    """Means of a batch: reward and cost of a slot, and the multiplier before it."""

    batch: int
    reward: float
    cost: float
    multiplier: float


def train(asked: Train) -> None:
    """Train a policy, and write its weights with a card.

    Raises
    ------
    InputError
        An option is invalid.
    """
    one_of("form", asked.form, FORMS)
    one_of("rule", asked.rule, RULES)
    even("users", asked.users)
    at_least("batches", asked.batches, 1)
    output, began = folder(asked.output), time.monotonic()
    net, path = learnt(asked)
    write_weights(output / WEIGHTS, net, "float32")
    told = {"model": MODEL, "form": asked.form}
    write_whole(output / CONFIG, f"{json.dumps(told, indent=2)}\n".encode())
    write(output / PATH, path)
    minutes, digest = (time.monotonic() - began) / 60, sha256(output / WEIGHTS)
    text = card(asked, net.count_params(), digest, path, minutes)
    write_whole(output / CARD, text.encode())
    print(f"weights are in {output}, after {minutes:.1f} min")


def learnt(asked: Train):
    """The trained network, and the means of all batches."""
    from experiments.scheduling.learning.cell_policy import exported, learner
    from experiments.scheduling.learning.ppo import Mean

    agent = learner(asked.users, asked.form, asked.seed)
    play, path = Play(asked), []
    multiplier, mean = Multiplier(asked.limit, RULES[asked.rule]), Mean()
    for batch in range(asked.batches):
        steps, reward, cost = play(agent, batch)
        weight, left = multiplier.value, 1 - batch / asked.batches
        agent.learn(steps, combined(reward, cost, weight), left, (asked.seed, batch))
        path.append(Batch(batch, float(reward.mean()), float(cost.mean()), weight))
        multiplier(path[-1].cost)
        mean(agent.weights, 1 - left)
        if batch % SAID == 0:
            print(" ".join(f"{v:.4g}" for v in path[-1]), flush=True)
    agent.agent.actor_net.set_weights(mean.weights)
    return exported(agent, asked.form), path


class Play:
    """Episodes of the training, one after the other.

    Parameters
    ----------
    asked : options of the run
    """

    def __init__(self, asked: Train):
        self._asked, self._begun = asked, 0
        self._cells = Cells(traffic.cell(asked.users))
        self._begin()

    def __call__(self, agent, batch: int):
        """Steps of a batch, the last for its value alone; rewards, costs [B, T]."""
        if self._cells.ends:
            self._begin()
        cells, steps, gained = self._cells, [], []
        for slot in range(SLOTS + 1):
            seen = cells.seen
            number = batch * (SLOTS + 1) + slot
            action, kept = agent.act(seen, (self._asked.seed, number))
            steps.append((seen, action, kept))
            if slot < SLOTS:
                gained.append(cells.step(self._shares(action)))
        reward, cost = np.moveaxis(np.array(gained), 0, -1)
        return steps, reward, cost

    def _shares(self, action: np.ndarray):
        asks = self._cells.environment.demands, self._cells.environment.pool
        by = in_order_of if self._asked.form == GRANTS else by_parameters
        return by(action, *asks)

    def _begin(self) -> None:
        first = traffic.TRAINING + 100_000 * self._asked.seed + EPISODES * self._begun
        self._cells.reset(range(first, first + EPISODES))
        self._begun += 1
