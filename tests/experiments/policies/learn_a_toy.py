"""PPO where Keras is what TF-Agents needs: run as a program, it writes what it saw.

A toy takes the codec's place, whose best action at each position is written in what
the agent sees of it.
"""

import os
import sys
from functools import partial
from pathlib import Path
from typing import NamedTuple

os.environ |= {"TF_USE_LEGACY_KERAS": "1", "KERAS_BACKEND": "tensorflow"}

import numpy as np
import tensorflow as tf

from blocks.nn import policy
from experiments.policies import ppo
from experiments.policies.environment import Outcome
from semlink.graph import compiled

SHAPE, ITERATIONS = (4, 8, 8), 60


class Scene(NamedTuple):
    level: tf.Tensor
    hint: tf.Tensor
    preset: Outcome
    share: tf.Tensor
    power_db: tf.Tensor


class Toy:
    """Errors grow with the distance from an action that a hint tells."""

    def reset(self, rng) -> Scene:
        hint = tf.constant(rng.integers(0, 2, SHAPE), tf.int32)
        ones = tf.ones(SHAPE)
        preset = Outcome(self.error(hint, policy.NEUTRAL), ones)
        return Scene(hint, hint, preset, ones, tf.zeros([4, 1, 1]))

    def observe(self, scene, previous):
        hint = tf.cast(scene.hint, tf.float32)[..., None]
        rest = tf.cast(previous, tf.float32)[..., None] / 4
        return tf.concat([hint, rest, *9 * [0 * hint]], axis=-1)

    def step(self, scene, action):
        return Outcome(self.error(scene.hint, action), tf.ones(SHAPE))

    def error(self, hint, action):
        away = tf.cast(action - best(hint), tf.float32)
        return 1 + 0.2 * away**2


def best(hint):
    """Action 1 or 3."""
    return 1 + 2 * hint


def main(path: Path) -> None:
    agent, toy = ppo.make_agent(tf.Variable(1e-2, trainable=False), 1), Toy()
    rng, rewards = np.random.default_rng(0), []
    play = compiled(partial(ppo.play, toy, agent), level="graph", name="toy")
    for i in range(ITERATIONS):
        scene = toy.reset(rng)
        trajectory, episode = play(scene, np.float32(0), np.array((1, i), np.int32))
        agent.train(trajectory)
        rewards.append(float(episode.reward))
    net = ppo.exported(agent)
    scene = toy.reset(rng)
    actions = net.actions(
        lambda a: tf.cast(toy.observe(scene, a), tf.float64), scene.level
    )
    seen = rng.normal(size=(2, 5, 6, policy.FEATURES)).astype(np.float32)
    of_each = tf.reshape(seen, (-1, policy.FEATURES))
    distribution, _ = agent.actor_net(of_each)
    logits = tf.reshape(distribution.logits, (2, 5, 6, -1))
    np.savez(
        path,
        rewards=rewards,
        right=np.mean(actions == best(scene.hint)),
        of_agent=logits,
        of_net=net(seen.astype(np.float64)),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
