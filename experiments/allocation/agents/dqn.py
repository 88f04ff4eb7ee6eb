"""Placement of users by a deep Q-network: subchannel and bits, user by user.

References
----------
V. Mnih et al., "Human-level control through deep reinforcement learning", Nature, 2015.
H. van Hasselt et al., "Deep reinforcement learning with double Q-learning", AAAI 2016.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf
from tf_agents.agents.dqn.dqn_agent import DdqnAgent
from tf_agents.networks import sequential
from tf_agents.specs import BoundedTensorSpec
from tf_agents.trajectories.time_step import time_step_spec

from experiments.allocation.agents.replay import Replay, transitions
from experiments.allocation.downlink.cell import Cell, Scenes, scenes
from experiments.allocation.downlink.episodes import (
    Placed,
    actions,
    allowed,
    nothing,
    place,
    placing_view,
)
from semlink.graph import compiled

WIDTH, BATCH, EPISODES = 128, 256, 64
SEEN = 40_000  # transitions that are kept
LEARNING_RATE = 1e-3
LEAST_RANDOM = 0.05  # share of random actions at the end

# scenes, placement after a step, number of the step -> reward : [B]
Reward = Callable[[Scenes, Placed, int], np.ndarray]


def dense(*widths: int, last=None) -> list:
    """Dense layers, ReLU but for the last."""
    hidden = [tf.keras.layers.Dense(width, "relu") for width in widths[:-1]]
    return [*hidden, tf.keras.layers.Dense(widths[-1], last)]


def make_agent(cell: Cell, seed: int) -> DdqnAgent:
    """A double deep Q-network with random weights from a seed."""
    tf.keras.utils.set_random_seed(seed)
    view = placing_view(*_example(cell), nothing(1, cell), 0)
    count = actions(cell)
    seen = tf.TensorSpec(view.shape[1:], tf.float32)
    mask = tf.TensorSpec((count,), tf.int32)
    agent = DdqnAgent(
        time_step_spec((seen, mask)),
        BoundedTensorSpec((), tf.int32, 0, count - 1),
        q_network=sequential.Sequential(dense(WIDTH, WIDTH, count)),
        optimizer=tf.keras.optimizers.legacy.Adam(LEARNING_RATE),
        observation_and_action_constraint_splitter=lambda both: both,
        target_update_tau=0.01,
        target_update_period=1,
        gamma=1.0,
        td_errors_loss_fn=_squared,
        train_step_counter=tf.Variable(0, dtype=tf.int64),
    )
    agent.initialize()
    return agent


def _squared(targets, values):
    return tf.math.squared_difference(targets, values)


def _example(cell: Cell):
    return scenes(np.random.default_rng(0), 1, cell), cell


def learnt(
    cell: Cell, reward_of: Reward, seed: int, steps: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Weights of a Q-network after training.

    Parameters
    ----------
    cell : cell of the placements
    reward_of : reward of a step
    seed : of the initial weights
    steps : number of gradient steps; each follows one step of ``EPISODES`` episodes
    rng : generator of training scenes, actions and batches
    """
    agent, replay = make_agent(cell, seed), Replay(SEEN)
    network, optimizer = agent._q_network, agent._optimizer
    train = compiled(agent.train, level="graph", name="allocation.dqn")
    scores = compiled(lambda seen: network(seen)[0], level="graph", name="allocation.q")
    for done in range(0, steps, cell.users):
        scene, placed = scenes(rng, EPISODES, cell), nothing(EPISODES, cell)
        seen, mask = placing_view(scene, cell, placed, 0), allowed(placed, cell)
        random = max(1 - 2 * done / steps, LEAST_RANDOM)
        optimizer.learning_rate.assign(LEARNING_RATE * (1 - done / steps))
        for step in range(cell.users):
            action = _chosen(scores(seen).numpy(), mask, random, rng)
            placed = place(placed, step, action)
            last = step == cell.users - 1
            reward = np.float32(reward_of(scene, placed, step))
            after = placing_view(scene, cell, placed, (step + 1) % cell.users)
            free = np.ones_like(mask) if last else allowed(placed, cell)
            ends = np.full(EPISODES, last)
            replay.add(seen, mask, action, reward, after, free, ends)
            train(_batch(*replay.sample(rng, BATCH)))
            seen, mask = after, free
    return network.get_weights()


def _chosen(values, mask, random: float, rng: np.random.Generator) -> np.ndarray:
    """Allowed actions : [B], int32; the best, or with a probability any."""
    best = np.where(mask, values, -np.inf).argmax(axis=1)
    drawn = np.where(mask, rng.random(mask.shape), -1).argmax(axis=1)
    return np.where(rng.random(len(mask)) < random, drawn, best).astype(np.int32)


def _batch(seen, mask, action, reward, after, free, ends):
    return transitions((seen, mask), action, reward, (after, free), ends)
