"""PPO-Lagrangian on the small problem."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from scipy.special import softmax
from tf_agents.networks import network
from tf_agents.specs import BoundedTensorSpec

from experiments.scheduling import small
from experiments.scheduling.learning.multiplier import RULES, Multiplier, combined
from experiments.scheduling.learning.ppo import Learner, Setting, begin

JOINT = small.CHANNELS**small.USERS, small.LEVELS**small.USERS
STATE = BoundedTensorSpec((), tf.int32, 0, small.STATES - 1)
WIDTHS = (64, 64)
COURSES, SLOTS = 512, 64  # of a batch
SETTING = Setting(learning_rate=3e-3, trace=0.8, parts=4)
LAST = 0.4  # share of the batches whose policies count
SCALE = 3.0  # multiplier of a relative error of one: the reward of a frame
INTEGRAL = 0.2  # gain of the sum of errors


class Learnt(NamedTuple):
    """Result of a training.

    policy : [S, A], probabilities of actions, by the occupation met in the last batches
    path : [iterations, 3], multiplier, and mean cost and reward of each batch
    """

    policy: np.ndarray
    path: np.ndarray


class Table(network.Network):
    """Outputs of a state by its number : [...] -> [..., outputs].

    The layers see what is marked of a state. There are few states: the layers run once
    over all of them, and each sample takes its row, which costs a fraction of running
    them for each sample.
    """

    def __init__(self, name: str, outputs: int, scale: float):
        super().__init__(STATE, (), name)
        dense = tf.keras.layers.Dense
        first = tf.keras.initializers.VarianceScaling(scale)
        self._hidden = [dense(width, "tanh") for width in WIDTHS]
        self._last = dense(outputs, kernel_initializer=first)
        self._seen = tf.constant(seen(small.parts(np.arange(small.STATES))))

    def outputs(self, state):
        """Rows of the table."""
        found = self._seen
        for layer in (*self._hidden, self._last):
            found = layer(found)
        return tf.gather(found, state)


class Actor(Table):
    """A distribution of actions : [...], int32 -> [...]."""

    def __init__(self):
        super().__init__("Actor", small.ACTIONS, 0.01)

    def call(self, observed, step_type=None, network_state=(), training=False):
        scores = self.outputs(observed)
        return tfp.distributions.Categorical(scores, dtype=tf.int32), network_state


class Critic(Table):
    """Value of a state : [...], int32 -> [...]."""

    def __init__(self):
        super().__init__("Critic", 1, 1.0)

    def call(self, observed, step_type=None, network_state=(), training=False):
        return self.outputs(observed)[..., 0], network_state


def seen(of: small.Parts) -> np.ndarray:
    """What the networks see of states : [S, 34], float32.

    Each pair of channels has a mark of its own, and each pair of queues.
    """
    levels = small.CHANNELS, small.LEVELS
    marks = (
        np.eye(count, dtype=np.float32)[pair @ [level, 1]]
        for count, level, pair in zip(JOINT, levels, of, strict=True)
    )
    return np.concatenate(list(marks), axis=-1)


def learnt(seed: int, transitions: int, rule: str = "pid") -> Learnt:
    """Train a policy.

    The multiplier holds the mean cost of the policies of many batches at the limit, not
    that of each. The policy is therefore that of all of the last batches together: in
    each state, the mean of their policies, by how often each met the state.

    Parameters
    ----------
    seed : root of all randomness
    transitions : slots of all courses
    rule : of the multiplier, ``pid`` or ``integral``
    """
    agent, course = learner(seed), small.Course(COURSES, seed)
    draws = np.random.default_rng([seed, 1])
    gains = RULES[rule]._replace(integral=INTEGRAL)
    multiplier = Multiplier(small.CELL.limit, gains, SCALE)
    iterations, path = max(transitions // (COURSES * SLOTS), 1), []
    share = np.full((small.STATES, small.ACTIONS), 1e-9)  # of states that none meets
    for iteration in range(iterations):
        scores = scores_of(agent)
        steps, reward, cost = played(scores, course, draws)
        weight = multiplier.value
        left, both = 1 - iteration / iterations, combined(reward, cost, weight)
        agent.learn(steps, both, left, (seed, iteration))
        path.append((weight, cost.mean(), reward.mean()))
        multiplier(cost.mean())
        if iteration >= iterations - max(round(LAST * iterations), 1):
            share += _visits(steps) * probabilities(scores)
    return Learnt(share / share.sum(axis=1, keepdims=True), np.array(path))


def learner(seed: int) -> Learner:
    """An agent with random weights from a seed."""
    begin(seed)
    action = BoundedTensorSpec((), tf.int32, 0, small.ACTIONS - 1)
    return Learner(STATE, action, Actor(), Critic(), SETTING)


def played(scores: np.ndarray, course: small.Course, draws: np.random.Generator):
    """Steps of a batch, its last one for the value alone; rewards and costs [B, T].

    Actions are drawn from the rows of the scores [S, A], as the agent would draw them.
    """
    bounds, steps, gained = np.cumsum(probabilities(scores), axis=1), [], []
    for slot in range(SLOTS + 1):
        now = small.together(course.at).astype(np.int32)
        beyond = draws.random((len(now), 1)) >= bounds[now, :-1]
        action = beyond.sum(axis=1, dtype=np.int32)
        steps.append((now, action, {"dist_params": {"logits": scores[now]}}))
        if slot < SLOTS:
            gained.append(course.step(action))
    reward, cost = np.moveaxis(np.array(gained), 0, -1)
    return steps, reward, cost


def scores_of(agent: Learner) -> np.ndarray:
    """Scores of actions in each state : [S, A], float32."""
    return agent.agent.actor_net(tf.range(small.STATES))[0].logits.numpy()


def probabilities(scores: np.ndarray) -> np.ndarray:
    """Probabilities of actions by their scores [S, A], in double precision."""
    return softmax(scores.astype(float), axis=1)


def _visits(steps: list) -> np.ndarray:
    """How often a batch met each state : [S, 1]."""
    met = np.concatenate([state for state, *_ in steps[:-1]])
    return np.bincount(met, minlength=small.STATES)[:, None]
