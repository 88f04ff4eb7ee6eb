"""Division of power and bandwidth by deep deterministic policy gradient.

References
----------
T. Lillicrap et al., "Continuous control with deep reinforcement learning", ICLR 2016.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import tensorflow as tf
from tf_agents.agents.ddpg.critic_network import CriticNetwork
from tf_agents.agents.ddpg.ddpg_agent import DdpgAgent
from tf_agents.networks import sequential
from tf_agents.specs import BoundedTensorSpec
from tf_agents.trajectories.time_step import time_step_spec

from experiments.allocation.agents.dqn import dense
from experiments.allocation.agents.replay import Replay, transitions
from experiments.allocation.downlink.cell import Cell, Scenes, scenes, served
from experiments.allocation.downlink.episodes import Placed, divide, dividing_view
from semlink.graph import compiled

WIDTH, BATCH, EPISODES = 128, 256, 64
SEEN = 40_000  # transitions that are kept
LEARNING_RATE = 1e-3
NOISE = (0.6, 0.1)  # deviation of the exploring noise, at the start and at the end
WARMING = 0.1  # share of the steps in which the critic alone learns

Placing = Callable[[Scenes], Placed]


def make_agent(width: int, values: int, users: int, seed: int) -> DdpgAgent:
    """An agent that sees ``width`` numbers and gives ``values``, from a seed."""
    tf.keras.utils.set_random_seed(seed)
    seen = tf.TensorSpec((width,), tf.float32)
    action = BoundedTensorSpec((values,), tf.float32, -1, 1)
    small = tf.keras.initializers.VarianceScaling(0.01)  # starts at equal shares
    last = tf.keras.layers.Dense(values, kernel_initializer=small)
    bounded = tf.keras.layers.Lambda(partial(_centred, users=users))
    layers = [*dense(WIDTH, WIDTH, WIDTH)[:-1], last, bounded]
    actor = sequential.Sequential(layers)
    critic = CriticNetwork(
        (seen, action), joint_fc_layer_params=(WIDTH, WIDTH), name="critic"
    )
    agent = DdpgAgent(
        time_step_spec(seen),
        action,
        actor_network=actor,
        critic_network=critic,
        actor_optimizer=tf.keras.optimizers.legacy.Adam(LEARNING_RATE / 3),
        critic_optimizer=tf.keras.optimizers.legacy.Adam(LEARNING_RATE),
        target_update_tau=0.01,
        gamma=0.0,
        train_step_counter=tf.Variable(0, dtype=tf.int64),
    )
    agent.initialize()
    return agent


def _centred(scores, users: int):
    """Actions in [-1, 1]: a common shift of scores, which no share sees, is removed."""
    scores = tf.reshape(scores, (-1, scores.shape[-1] // users, users))
    scores -= tf.reduce_mean(scores, axis=-1, keepdims=True)
    return tf.reshape(tf.tanh(scores), (-1, scores.shape[1] * users))


def learnt(
    cell: Cell,
    placing: Placing,
    seed: int,
    steps: int,
    rng: np.random.Generator,
    powers: bool,
) -> list[np.ndarray]:
    """Weights of an actor after training.

    Parameters
    ----------
    cell : cell of the scenes
    placing : subchannels and bits of training scenes
    seed : of the initial weights
    steps : number of gradient steps; each follows ``EPISODES`` divisions
    rng : generator of training scenes, exploration and batches
    powers : whether power is divided as well
    """
    values = cell.users * (1 + powers)
    scene = scenes(np.random.default_rng(0), 1, cell)
    width = dividing_view(scene, cell, placing(scene)).shape[1]
    agent, replay = make_agent(width, values, cell.users, seed), Replay(SEEN)
    train = compiled(agent.train, level="graph", name="allocation.ddpg")
    act = compiled(
        lambda seen: agent._actor_network(seen)[0], level="graph", name="allocation.act"
    )
    for done in range(steps):
        scene = scenes(rng, EPISODES, cell)
        placed = placing(scene)
        seen = dividing_view(scene, cell, placed)
        noise = NOISE[0] + (NOISE[1] - NOISE[0]) * done / steps
        action = act(seen).numpy() + noise * rng.normal(size=(EPISODES, values))
        action = np.clip(action, -1, 1).astype(np.float32)
        reward = served(scene, divide(placed, action), cell.needs)
        replay.add(seen, action, np.float32(reward))
        # the critic learns first: a random one would drive actions to their limits
        rate = 0 if done < steps * WARMING else LEARNING_RATE / 3 * (1 - done / steps)
        agent._actor_optimizer.learning_rate.assign(rate)
        seen, action, reward = replay.sample(rng, BATCH)
        ends = np.ones(len(seen), bool)
        train(transitions(seen, action, reward, seen, ends))
    return agent._actor_network.get_weights()
