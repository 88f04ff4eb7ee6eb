"""PPO-Lagrangian on the small problem."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from tf_agents.networks import network, value_network
from tf_agents.specs import BoundedTensorSpec

from experiments.scheduling import small
from experiments.scheduling.exact import occupation
from experiments.scheduling.learning.multiplier import RULES, Multiplier, combined
from experiments.scheduling.learning.ppo import Learner, Setting, begin

FEATURES = small.USERS * (small.CHANNELS + small.LEVELS)
WIDTHS = (64, 64)
COURSES, SLOTS = 128, 64  # of a batch
LAST = 0.2  # share of the batches whose policies count
SCALE = 3.0  # multiplier of a relative error of one: the reward of a frame


class Learnt(NamedTuple):
    """Result of a training.

    policy : [S, A], probabilities of actions, by the mean occupation of the last ones
    path : [iterations, 3], multiplier, and mean cost and reward of each batch
    """

    policy: np.ndarray
    path: np.ndarray


class Actor(network.Network):
    """A distribution of actions : [N, 16] -> [N]."""

    def __init__(self, observed):
        super().__init__(observed, (), "Actor")
        dense = tf.keras.layers.Dense
        self._hidden = [dense(width, "tanh") for width in WIDTHS]
        small_ones = tf.keras.initializers.VarianceScaling(0.01)
        self._scores = dense(small.ACTIONS, kernel_initializer=small_ones)

    def call(self, observed, step_type=None, network_state=(), training=False):
        for layer in self._hidden:
            observed = layer(observed)
        scores = self._scores(observed)
        return tfp.distributions.Categorical(scores, dtype=tf.int32), network_state


def seen(of: small.Parts) -> np.ndarray:
    """Observations: channels and queues, one of each marked : [B, 16], float32."""
    channel = np.eye(small.CHANNELS, dtype=np.float32)[of.channel]
    queue = np.eye(small.LEVELS, dtype=np.float32)[of.queue]
    return np.concatenate([channel, queue], axis=-1).reshape(len(of.queue), -1)


def learnt(seed: int, transitions: int, rule: str = "pid") -> Learnt:
    """Train a policy.

    The multiplier holds the mean cost of the policies of many batches at the limit, not
    that of each. The policy is therefore the one of their mean occupation, which has
    their mean reward and their mean cost.

    Parameters
    ----------
    seed : root of all randomness
    transitions : slots of all courses
    rule : of the multiplier, ``pid`` or ``integral``
    """
    learner, course = _learner(seed), small.Course(COURSES, seed)
    multiplier = Multiplier(small.CELL.limit, RULES[rule], SCALE)
    iterations, path = max(transitions // (COURSES * SLOTS), 1), []
    problem, share = small.problem(), 0.0
    for iteration in range(iterations):
        steps, reward, cost = _played(learner, course, (seed, iteration))
        weight = multiplier.value
        left, both = 1 - iteration / iterations, combined(reward, cost, weight)
        learner.learn(steps, both, left, (seed, iteration))
        path.append((weight, cost.mean(), reward.mean()))
        multiplier(cost.mean())
        if iteration >= iterations - max(round(LAST * iterations), 1):
            policy = _policy(learner)
            share = share + occupation(problem, policy)[:, None] * policy
    return Learnt(share / share.sum(axis=1, keepdims=True), np.array(path))


def _learner(seed: int) -> Learner:
    begin(seed)
    observed = tf.TensorSpec((FEATURES,), tf.float32)
    action = BoundedTensorSpec((), tf.int32, 0, small.ACTIONS - 1)
    critic = value_network.ValueNetwork(
        observed, fc_layer_params=WIDTHS, activation_fn=tf.tanh
    )
    return Learner(observed, action, Actor(observed), critic, Setting())


def _played(learner: Learner, course: small.Course, seed: tuple[int, int]):
    """Steps of a batch, its last one for the value alone; rewards and costs [B, T]."""
    steps, gained = [], []
    for slot in range(SLOTS + 1):
        now = seen(course.at)
        action, kept = learner.act(now, (seed[0], seed[1] * (SLOTS + 1) + slot))
        steps.append((now, action, kept))
        if slot < SLOTS:
            gained.append(course.step(action))
    reward, cost = np.moveaxis(np.array(gained), 0, -1)
    return steps, reward, cost


def _policy(learner: Learner) -> np.ndarray:
    """Probabilities of actions in each state : [S, A]."""
    everywhere = seen(small.parts(np.arange(small.STATES)))
    distribution, _ = learner.agent.actor_net(everywhere)
    return tf.nn.softmax(distribution.logits).numpy().astype(float)
