"""Actor and critic over a set of users, and their export.

Numbers are normal about the outputs of the network, choices are categorical. The
shipped policy takes the means and the most likely choices.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from tf_agents.environments.py_environment import PyEnvironment
from tf_agents.networks import network
from tf_agents.specs.tensor_spec import from_spec

from blocks.nn.scheduling.equivariant import WIDTHS, Equivariant
from blocks.schedulers.features import ASKS
from blocks.schedulers.ppo_lagrangian import GRANTS, PARAMETERS
from blocks.schedulers.ppo_lagrangian import network as shipped
from experiments.scheduling.learning.heads import Heads
from experiments.scheduling.learning.ppo import Learner, Setting, begin

SPREAD = {GRANTS: (0.2, 0.1), PARAMETERS: (0.3, 0.3)}  # deviations at first
QUIET = {GRANTS: 0.25, PARAMETERS: 1.0}  # share of the deviations at the end
FIRST = {GRANTS: (0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 0, 3), PARAMETERS: (0, 0)}  # outputs
SETTING = Setting(learning_rate=3e-3, discount=0.95, trace=0.9, parts=8)


class _Set(network.Network):
    """The shared part: as :class:`blocks.nn.scheduling.equivariant.Equivariant`."""

    def __init__(self, observed, name: str, first: Sequence[float], each: bool):
        super().__init__(observed, (), name)
        dense = tf.keras.layers.Dense
        self._each = each
        self._own, self._both = (dense(width, "tanh") for width in WIDTHS)
        small = tf.keras.initializers.VarianceScaling(0.01)
        bias = tf.constant_initializer(first)
        self._last = dense(len(first), kernel_initializer=small, bias_initializer=bias)

    def outputs(self, seen):
        """Of users [N, K, outputs], or of the cell [N, outputs]."""
        own, asks = self._own(seen), seen[..., ASKS : ASKS + 1]
        count = tf.maximum(tf.reduce_sum(asks, axis=-2, keepdims=True), 1)
        mean = tf.reduce_sum(own * asks, axis=-2, keepdims=True) / count
        if self._each:
            mean = tf.concat([own, mean + tf.zeros_like(own)], axis=-1)
        else:
            mean = mean[..., 0, :]
        return self._last(self._both(mean))

    @property
    def exported(self) -> list[np.ndarray]:
        """Weights in the order of the exported network."""
        layers = self._own, self._both, self._last
        return [weight for layer in layers for weight in layer.get_weights()]


class Actor(_Set):
    """A distribution of actions : [N, K, F] -> [N, 5 K], or [N, 2] of the cell."""

    def __init__(self, observed, form: str):
        super().__init__(observed, "Actor", FIRST[form], form == GRANTS)
        wide = np.log(SPREAD[form])
        first = tf.constant_initializer(wide)
        self._spread = self.add_weight("spread", wide.shape, initializer=first)
        self._form, self._noise = form, tf.Variable(1.0, trainable=False)

    def calm(self, left: float) -> None:
        """Let deviations fall with the share of the training that is left.

        The shipped policy has none, so that the limit must at last hold without them.
        """
        self._noise.assign(left + (1 - left) * QUIET[self._form])

    def call(self, observed, step_type=None, network_state=(), training=False):
        found = self.outputs(observed)
        spread = self._noise * tf.exp(self._spread) + tf.zeros_like(
            found[..., : self._spread.shape[0]]
        )
        if self._each:
            return Heads(found, spread, observed[..., ASKS]), network_state
        return tfp.distributions.MultivariateNormalDiag(found, spread), network_state


class Critic(_Set):
    """Value of a cell : [N, K, F] -> [N]."""

    def __init__(self, observed):
        super().__init__(observed, "Critic", (0,), False)

    def call(self, observed, step_type=None, network_state=(), training=False):
        return self.outputs(observed)[..., 0], network_state


def learner(environment: PyEnvironment, form: str, seed: int) -> Learner:
    """An agent for an environment of cells, with random weights from a seed."""
    begin(seed)
    observed, action = (
        from_spec(of)
        for of in (environment.observation_spec(), environment.action_spec())
    )
    return Learner(observed, action, Actor(observed, form), Critic(observed), SETTING)


def exported(of: Learner, form: str) -> Equivariant:
    """The actor as a network without TF-Agents, with the same outputs."""
    net = shipped(form)
    net.set_weights(of.agent.actor_net.exported)
    return net
