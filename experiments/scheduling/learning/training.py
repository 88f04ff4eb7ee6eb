"""``python -m experiments.scheduling train``: PPO-Lagrangian on cells by the table."""

import time
from functools import partial
from typing import NamedTuple

import numpy as np

from blocks.schedulers.ppo_lagrangian import FORMS, MODEL
from experiments.scheduling import traffic
from experiments.scheduling.asked import Train, at_least, even, folder, one_of
from experiments.scheduling.cells import Cells
from experiments.scheduling.learning.card import publish
from experiments.scheduling.learning.masks import hidden, parts_of
from experiments.scheduling.learning.multiplier import RULES, Multiplier, combined

EPISODES, SLOTS = 128, 64  # of a batch
SAID = 10  # batches between two lines on the screen


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
    parts_of(asked.without)
    folder(asked.output)
    began, known = time.monotonic(), {"model": MODEL, "form": asked.form}
    net, path = learnt(asked)
    batch = f"{EPISODES} episodes and {SLOTS} slots"
    publish(asked, net, known, path, began, batch)


def learnt(asked: Train):
    """The trained network, and the means of all batches."""
    from experiments.scheduling.learning.cell_policy import exported, learner
    from experiments.scheduling.learning.ppo import Mean

    environment, path = episodes(asked), []
    environment.reset()
    agent = learner(environment, asked.form, asked.seed)
    multiplier, mean = Multiplier(asked.limit, RULES[asked.rule]), Mean()
    means: list[np.ndarray] = []  # of the heuristic in each batch
    for batch in range(asked.batches):
        weight, left = multiplier.value, 1 - batch / asked.batches
        agent.agent.actor_net.calm(left)
        steps, of, beside = played(agent, environment, asked.seed, batch)
        more = combined(*(of - beside), weight)
        agent.learn(steps, more, left, (asked.seed, batch))
        path.append(Batch(batch, *adjusted(of, beside, means), weight))
        multiplier(path[-1].cost)
        mean(agent.weights, 1 - left)
        if batch % SAID == 0:
            print(" ".join(f"{v:.4g}" for v in path[-1]), flush=True)
    agent.agent.actor_net.set_weights(mean.weights)
    return exported(agent, asked.form), path


def adjusted(of: np.ndarray, beside: np.ndarray, means: list[np.ndarray]):
    """Mean reward and cost of a batch, less what its episodes are harder than others.

    What the heuristic has in a batch, beside its mean over all batches so far, says how
    hard the batch is.

    Parameters
    ----------
    of, beside : rewards and costs [2, B, T] of the policy and of the heuristic
    means : of the heuristic in the batches before; this one is added
    """
    means.append(beside.mean(axis=(1, 2)))
    found = (of - beside).mean(axis=(1, 2)) + np.mean(means, axis=0)
    return map(float, found)


def episodes(asked: Train):
    """Episodes of the training, of seeds of their own."""
    from experiments.scheduling.learning.episodes import Episodes

    first = traffic.TRAINING + 100_000 * asked.seed
    without = parts_of(asked.without)
    cells = Cells(traffic.cell(asked.users), partial(hidden, without=without))
    beside = Cells(traffic.cell(asked.users))
    return Episodes(cells, beside, asked.form, first, EPISODES, without)


def played(agent, environment, seed: int, batch: int):
    """Steps of a batch, the last for its value alone; rewards and costs [2, B, T].

    Those of the policy come first, then those of the heuristic.

    Parameters
    ----------
    agent : :class:`experiments.scheduling.learning.ppo.Learner`
    environment : of TF-Agents, whose episodes have a whole number of batches
    seed, batch : what actions are drawn from
    """
    now, steps, gained = environment.current_time_step(), [], []
    if now.is_last().all():
        now = environment.reset()
    for slot in range(SLOTS + 1):
        seen, number = now.observation, batch * (SLOTS + 1) + slot
        action, kept = agent.act(seen, (seed, number))
        steps.append((seen, action, kept))
        if slot < SLOTS:
            now = environment.step(action)
            gained.append(now.reward)
    found = np.array(gained).T
    return steps, found[:2], found[2:]
