"""Shares of power by soft actor-critic: an episode is one draw and one allocation.

Networks are permutation-equivariant, so an actor that was trained with some number of
users serves any. The reward is the negative weighted distortion, over that of equal
power.

References
----------
T. Haarnoja et al., "Soft actor-critic algorithms and applications", arXiv 1812.05905.
"""

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from tf_agents.agents.sac.sac_agent import SacAgent
from tf_agents.distributions.utils import SquashToSpecNormal
from tf_agents.networks import network
from tf_agents.specs import BoundedTensorSpec
from tf_agents.trajectories.time_step import time_step_spec

from experiments.allocation.agents.replay import Replay, transitions
from experiments.allocation.power.draws import Draws, drawn
from experiments.allocation.power.features import FEATURES, SHARPNESS, features
from experiments.allocation.power.policies import equal
from experiments.allocation.power.water_filling import weighted_distortion
from semlink.graph import compiled

USERS = 6  # of training
SNRS_DB = (-3.0, 23.0)
WIDTH, ROUNDS, BATCH, DRAWS = 64, 3, 256, 256
SEEN = 100_000  # transitions that are kept
LEARNING_RATE = 1e-3


class Body(tf.keras.layers.Layer):
    """A permutation-equivariant network : [B, K, D] -> [B, K, values]."""

    def __init__(self, values: int):
        super().__init__()
        dense = tf.keras.layers.Dense
        self._first, self._last = dense(WIDTH, "relu"), dense(values)
        self._own = [dense(WIDTH) for _ in range(ROUNDS - 1)]
        self._others = [dense(WIDTH, use_bias=False) for _ in range(ROUNDS - 1)]

    def call(self, seen):
        hidden = self._first(seen)
        for own, others in zip(self._own, self._others, strict=True):
            mean = tf.reduce_mean(hidden, axis=-2, keepdims=True)
            hidden = tf.nn.relu(own(hidden) + others(mean))
        return self._last(hidden)

    def arrays(self) -> list[np.ndarray]:
        """Weights in the order of :func:`experiments.allocation.nets.deep_set`."""
        middle = zip(self._own, self._others, strict=True)
        layers = [
            self._first,
            *(layer for pair in middle for layer in pair),
            self._last,
        ]
        return [array for layer in layers for array in layer.get_weights()]


class Actor(network.Network):
    """A normal distribution of the score of each user, squashed to the limits.

    (TF-Agents' own fails with numpy 2.)
    """

    def __init__(self, seen, action):
        super().__init__(seen, (), "actor")
        self._action, self.body = action, Body(2)

    def call(self, seen, step_type=None, network_state=(), training=False):
        values = self.body(seen)
        spread = tf.exp(tf.clip_by_value(values[..., 1] - 1, -5.0, 1.0))
        normal = tfp.distributions.MultivariateNormalDiag(values[..., 0], spread)
        return SquashToSpecNormal(normal, self._action), network_state


class Critic(network.Network):
    """The value of an allocation : ([B, K, D], [B, K]) -> [B]."""

    def __init__(self, spec, name="critic"):
        super().__init__(spec, (), name)
        self._spec, self._body = spec, Body(1)

    def call(self, both, step_type=None, network_state=(), training=False):
        seen, action = both
        # the shares themselves, beside their scores
        share = tf.nn.log_softmax(SHARPNESS * action, axis=-1)
        joined = tf.concat([seen, action[..., None], share[..., None] / 3], axis=-1)
        return tf.reduce_mean(self._body(joined)[..., 0], axis=-1), network_state

    def copy(self, **changes):
        return Critic(self._spec, changes.get("name", "critic"))


def make_agent(seed: int) -> SacAgent:
    """An agent with random weights from a seed."""
    tf.keras.utils.set_random_seed(seed)
    seen = tf.TensorSpec((USERS, FEATURES), tf.float32)
    action = BoundedTensorSpec((USERS,), tf.float32, -1, 1)
    adam = tf.keras.optimizers.legacy.Adam
    agent = SacAgent(
        time_step_spec(seen),
        action,
        critic_network=Critic((seen, action)),
        actor_network=Actor(seen, action),
        actor_optimizer=adam(LEARNING_RATE),
        critic_optimizer=adam(LEARNING_RATE),
        alpha_optimizer=adam(LEARNING_RATE),
        target_entropy=-3.0 * USERS,
        target_update_tau=0.01,
        gamma=0.0,
        train_step_counter=tf.Variable(0, dtype=tf.int64),
    )
    agent.initialize()
    return agent


def reward_of(draws: Draws, action: np.ndarray) -> np.ndarray:
    """Negative weighted distortion of actions [B, K], over that of equal power."""
    shares = np.exp(SHARPNESS * action)
    power = draws.total * shares / shares.sum(axis=1, keepdims=True)
    ours, even = (
        weighted_distortion(draws.weight, draws.noise, p) for p in (power, equal(draws))
    )
    return np.float32(-ours / even)


def learnt(seed: int, steps: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Weights of an actor after training.

    Parameters
    ----------
    seed : of the initial weights and of the actions
    steps : number of gradient steps; each follows ``DRAWS`` allocations
    rng : generator of draws and batches
    """
    agent, replay = make_agent(seed), Replay(SEEN)
    train = compiled(agent.train, level="graph", name="allocation.sac")

    def sampled(seen, number):
        return agent._actor_network(seen)[0].sample(seed=number)

    act = compiled(sampled, level="graph", name="allocation.sample")
    for _ in range(steps):
        draws = drawn(rng, DRAWS, USERS, rng.uniform(*SNRS_DB, (DRAWS, 1)))
        seen = features(draws)
        action = act(seen, rng.integers(2**31, size=2, dtype=np.int32)).numpy()
        replay.add(seen, action, reward_of(draws, action))
        seen, action, reward = replay.sample(rng, BATCH)
        ends = np.ones(len(seen), bool)
        train(transitions(seen, action, reward, seen, ends))
    weights = agent._actor_network.body.arrays()
    return [*weights[:-2], weights[-2][:, :1], weights[-1][:1]]
