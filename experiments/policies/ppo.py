"""PPO of TF-Agents; every position of a rate map is an environment of its own.

Ratios are clipped position by position, and the advantage of a position follows from
its own reward: the error that its action saves, minus the price of its symbols.

References
----------
J. Schulman et al., "Proximal policy optimization algorithms", arXiv 1707.06347, 2017.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from tf_agents.agents import PPOClipAgent
from tf_agents.networks import network, value_network
from tf_agents.specs import BoundedTensorSpec
from tf_agents.trajectories import StepType, TimeStep, Trajectory
from tf_agents.trajectories.time_step import time_step_spec

from blocks.nn import policy
from experiments.policies.environment import DECIBELS, Environment, Scene

STEPS = policy.ROUNDS  # steps of an episode, as many as in the link
EPOCHS = 4  # passes over an episode
EXPLORING = 0.2  # weight of the entropy of actions
CAUTION = -np.abs(np.array(policy.OFFSETS, np.float32))  # initial scores


class Episode(NamedTuple):
    """Result of an episode, beside its trajectory.

    reward : mean reward of the last step
    gain_db : mean over images of PSNR minus the preset's [dB]
    spent : dimensions over the preset's
    """

    reward: tf.Tensor
    gain_db: tf.Tensor
    spent: tf.Tensor


class Actor(network.Network):
    """A distribution of actions : [N, 11] -> [N].

    (TF-Agents' own fails with numpy 2.)
    """

    def __init__(self, observed):
        count = len(policy.OFFSETS)
        super().__init__(observed, (), "Actor")
        self._hidden = [
            tf.keras.layers.Dense(width, "relu", kernel_initializer="he_normal")
            for width in policy.WIDTHS
        ]
        # at first it mostly keeps the preset
        small = tf.keras.initializers.VarianceScaling(0.01)
        cautious = tf.constant_initializer(CAUTION)
        self._scores = tf.keras.layers.Dense(
            count, kernel_initializer=small, bias_initializer=cautious
        )

    def call(self, observed, step_type=None, network_state=(), training=False):
        for layer in self._hidden:
            observed = layer(observed)
        scores = self._scores(observed)
        return tfp.distributions.Categorical(scores, dtype=tf.int32), network_state


def make_agent(learning_rate: tf.Variable, seed: int) -> PPOClipAgent:
    """Make the agent, with random weights from a seed.

    Raises
    ------
    RuntimeError
        TF-Agents found no variables, because Keras is not version 2.
    """
    tf.keras.utils.set_random_seed(seed)
    observed = tf.TensorSpec((policy.FEATURES,), tf.float32)
    action = BoundedTensorSpec((), tf.int32, 0, len(policy.OFFSETS) - 1)
    critic = value_network.ValueNetwork(
        observed, fc_layer_params=policy.WIDTHS, activation_fn=tf.nn.relu
    )
    optimizer = tf.keras.optimizers.legacy.Adam(lambda: learning_rate)
    agent = PPOClipAgent(
        time_step_spec(observed),
        action,
        optimizer=optimizer,
        actor_net=Actor(observed),
        value_net=critic,
        importance_ratio_clipping=0.2,
        lambda_value=0.95,
        discount_factor=0.95,
        entropy_regularization=EXPLORING,
        num_epochs=EPOCHS,
        use_gae=True,
        normalize_observations=False,  # they are in unit range
        normalize_rewards=False,
        train_step_counter=tf.Variable(0, dtype=tf.int64),  # not the global one
    )
    agent.initialize()
    if not agent.actor_net.trainable_variables:
        raise RuntimeError("TF-Agents tracks Keras 2 alone: TF_USE_LEGACY_KERAS=1")
    # by default they would be made in the first step, after a state is restored
    optimizer._create_all_weights([*agent.actor_net.variables, *critic.variables])
    return agent


def variables_of(agent) -> dict[str, tf.Variable]:
    """Variables of an agent that a run saves."""
    parts = {
        "actor": agent.actor_net.variables,
        "critic": agent._value_net.variables,
        "optimiser": agent._optimizer.variables(),
    }
    found = {f"{n}/{i}": v for n, part in parts.items() for i, v in enumerate(part)}
    return found | {"steps": agent.train_step_counter}


def play(environment: Environment, agent, scene: Scene, price, seed):
    """One episode of a batch of pictures, with sampled actions.

    price : scalar, value of the dimensions of a whole picture [dB]
    seed : [2], int32, seed of the actions

    Output
    ------
    : trajectory [positions, STEPS + 1], and its result
    """
    shape, count = scene.level.shape, int(np.prod(scene.level.shape))
    previous = tf.fill(shape, policy.NEUTRAL)
    steps = []
    seeds = tf.random.experimental.stateless_split(seed, STEPS + 1)
    for step in range(STEPS + 1):
        seen = environment.observe(scene, previous)
        seen = tf.reshape(seen, (count, policy.FEATURES))
        first = StepType.FIRST if step == 0 else StepType.MID
        kind = tf.fill([count], StepType.LAST if step == STEPS else first)
        now = TimeStep(kind, tf.zeros([count]), tf.ones([count]), seen)
        chosen = agent.collect_policy.distribution(now)
        action = chosen.action.sample(seed=seeds[step])
        reward, following = tf.zeros([count]), StepType.FIRST
        if step < STEPS:
            previous = tf.reshape(action, shape)
            outcome = environment.step(scene, previous)
            last = rewards(scene, outcome, price)
            # a scale per state changes no best action, but equalises the noise
            reward = tf.reshape(last / scene.share, [count])
            following = StepType.LAST if step == STEPS - 1 else StepType.MID
        discount = tf.fill([count], float(following != StepType.LAST))
        steps.append(
            Trajectory(
                kind, seen, action, chosen.info, tf.fill([count], following),
                reward, discount,
            )
        )  # fmt: skip
    trajectory = tf.nest.map_structure(lambda *t: tf.stack(t, axis=1), *steps)
    return trajectory, Episode(tf.reduce_mean(last), *gain(scene, outcome))


def rewards(scene: Scene, outcome, price):
    """Reward of each position: gain of its picture [dB] minus price of its symbols.

    Every dimension adds its power to the whole picture, so a position is also rewarded
    for the gain of the others.

    Output
    ------
    : [B, h, w], float32, whose mean is the total gain
    """
    saved = scene.preset.error - outcome.error
    saved = saved / tf.reduce_mean(scene.preset.error, axis=(1, 2), keepdims=True)
    spent = outcome.dimensions - scene.preset.dimensions
    preset = tf.reduce_mean(scene.preset.dimensions, axis=(1, 2), keepdims=True)
    power = scene.power_db * spent / tf.maximum(preset, 1)
    spent = spent / tf.maximum(tf.reduce_mean(preset), 1)
    return DECIBELS * saved + power - price * spent


def gain(scene: Scene, outcome):
    """Mean PSNR minus the preset's [dB], and dimensions over the preset's."""
    before, after = (
        tf.reduce_mean(o.error, axis=(1, 2)) for o in (scene.preset, outcome)
    )
    spent = tf.reduce_sum(outcome.dimensions) / tf.reduce_sum(scene.preset.dimensions)
    return DECIBELS * tf.reduce_mean(tf.math.log(before / after)), spent


def exported(agent) -> policy.Policy:
    """The actor as a network without TF-Agents, with the same scores."""
    net = policy.Policy()
    net.build()
    net.set_weights(agent.actor_net.get_weights())
    return net
