"""PPO of TF-Agents for batches of endless courses.

A plain loop feeds whole trajectories to the agent: one call of the collecting policy
and one step of the courses for all of them. (TF-Agents' own distribution layer fails
with numpy 2, so that actors are networks of ours.)

References
----------
J. Schulman et al., "Proximal policy optimization algorithms", arXiv 1707.06347, 2017.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from tf_agents.agents import PPOClipAgent
from tf_agents.trajectories import StepType, TimeStep, Trajectory
from tf_agents.trajectories.time_step import time_step_spec

from semlink.graph import compiled

AVERAGED = 0.8  # share of the training after which weights are averaged

SLOWEST = 0.15  # least learning rate, of that at first


class Setting(NamedTuple):
    """Parameters of PPO.

    learning_rate : at first; it falls with what is left of the training
    discount : of a slot
    trace : lambda of generalised advantages; what is less leans on the critic
    entropy : weight of the entropy of actions
    epochs : passes over a batch
    parts : steps of a pass, each with as many of the courses
    """

    learning_rate: float = 5e-3
    discount: float = 0.99
    trace: float = 0.95
    entropy: float = 0.0
    epochs: int = 4
    parts: int = 16


def begin(seed: int) -> None:
    """Seed the networks that are made next, and count their layers from zero.

    TF-Agents sums gradients in the order of the layers' names, which would else depend
    on what the process made before.
    """
    tf.keras.backend.reset_uids()
    tf.keras.utils.set_random_seed(seed)


class Learner:
    """An agent, and its collecting policy in a graph.

    Parameters
    ----------
    observed, action : specs of one observation and one action
    actor, critic : networks of TF-Agents
    setting : parameters of PPO

    Raises
    ------
    RuntimeError
        TF-Agents found no variables, because Keras is not version 2.
    """

    def __init__(self, observed, action, actor, critic, setting: Setting):
        self._setting = setting
        self._rate = tf.Variable(setting.learning_rate, trainable=False)
        self.agent = PPOClipAgent(
            time_step_spec(observed),
            action,
            optimizer=tf.keras.optimizers.legacy.Adam(lambda: self._rate),
            actor_net=actor,
            value_net=critic,
            importance_ratio_clipping=0.2,
            lambda_value=setting.trace,
            discount_factor=setting.discount,
            entropy_regularization=setting.entropy,
            num_epochs=1,  # of a part; passes are ours
            use_gae=True,
            normalize_observations=False,  # they are in unit range
            normalize_rewards=False,
            gradient_clipping=1.0,
            train_step_counter=tf.Variable(0, dtype=tf.int64),  # not the global one
        )
        self.agent.initialize()
        if not self.agent.actor_net.trainable_variables:
            raise RuntimeError("TF-Agents tracks Keras 2 alone: TF_USE_LEGACY_KERAS=1")
        self._draw = compiled(self._drawn, level="graph", name="scheduling.collect")
        self._train = compiled(self._trained, level="graph", name="scheduling.train")

    @property
    def weights(self) -> list[np.ndarray]:
        """Weights of the actor."""
        return self.agent.actor_net.get_weights()

    def act(self, seen: np.ndarray, seed: tuple[int, int]):
        """Actions drawn for observations [B, ...], and what PPO keeps of them."""
        seed = np.array(seed, np.int32)
        return tf.nest.map_structure(np.array, self._draw(seen, seed))

    def learn(self, steps: list, reward: np.ndarray, left: float, seed) -> None:
        """Learn from courses of T slots.

        Parameters
        ----------
        steps : T + 1 times observation, action and what :meth:`act` kept
        reward : [B, T], float32
        left : share of the training that is left, for the learning rate
        seed : numbers, for the order of courses
        """
        self._rate.assign(max(left, SLOWEST) * self._setting.learning_rate)
        seen, action, kept = (
            tf.nest.map_structure(lambda *of: np.stack(of, axis=1), *part)
            for part in zip(*steps, strict=True)
        )
        shape = (len(reward), len(steps))
        kind = np.full(shape, StepType.MID, np.int32)
        reward = np.concatenate([reward, np.zeros_like(reward[:, :1])], axis=1)
        ones = np.ones(shape, np.float32)
        path = Trajectory(kind, seen, action, kept, kind, reward, ones)
        draws = np.random.default_rng(seed)
        for _ in range(self._setting.epochs):
            order = draws.permutation(len(reward))
            for part in np.split(order, self._setting.parts):
                self._train(tf.nest.map_structure(partial(_rows, part), path))

    def _trained(self, path: Trajectory):
        return self.agent.train(path).loss

    def _drawn(self, seen, seed):
        count = tf.shape(seen)[0]
        ones = tf.ones([count])
        now = TimeStep(tf.fill([count], StepType.MID), 0 * ones, ones, seen)
        chosen = self.agent.collect_policy.distribution(now)
        return chosen.action.sample(seed=seed), chosen.info


class Mean:
    """Mean weights of the last batches, of less noise than the last ones.

    Attributes
    ----------
    weights : the means
    """

    def __init__(self):
        self.weights: list[np.ndarray] = []
        self._count = 0

    def __call__(self, weights: list[np.ndarray], done: float) -> None:
        """Count the weights after a share of the training."""
        if done < AVERAGED or not self._count:
            self.weights, self._count = weights, 1
            return
        self._count += 1
        pairs = zip(self.weights, weights, strict=True)
        self.weights = [mean + (w - mean) / self._count for mean, w in pairs]


def _rows(part: np.ndarray, of: np.ndarray) -> tf.Tensor:
    return tf.constant(of[part])
