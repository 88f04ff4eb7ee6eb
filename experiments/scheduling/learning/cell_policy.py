"""Actor and critic over a set of users, and their export.

Actions are normal about the outputs of the network, which the shipped policy takes as
they are.
"""

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from tf_agents.networks import network
from tf_agents.specs import BoundedTensorSpec

from blocks.nn.scheduling.equivariant import WIDTHS, Equivariant
from blocks.schedulers.features import ASKS, FEATURES
from blocks.schedulers.ppo_lagrangian import FORMS, GRANTS, PARAMETERS
from blocks.schedulers.ppo_lagrangian import network as shipped
from experiments.scheduling.learning.ppo import Learner, Setting, begin

SPREAD = {GRANTS: 0.5, PARAMETERS: 0.3}  # deviation of actions at first
SETTING = Setting(learning_rate=1e-3, discount=0.95, entropy=1e-3, epochs=4, parts=4)


class _Set(network.Network):
    """The shared part: as :class:`blocks.nn.scheduling.equivariant.Equivariant`."""

    def __init__(self, observed, name: str, outputs: int, each: bool):
        super().__init__(observed, (), name)
        dense = tf.keras.layers.Dense
        self._each = each
        self._own, self._both = (dense(width, "tanh") for width in WIDTHS)
        small = tf.keras.initializers.VarianceScaling(0.01)
        self._last = dense(outputs, kernel_initializer=small)

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
    """A distribution of actions : [N, K, F] -> [N, K], or [N, 2]."""

    def __init__(self, observed, form: str):
        super().__init__(observed, "Actor", FORMS[form], form == GRANTS)
        first = tf.constant_initializer(np.log(SPREAD[form]))
        self._spread = self.add_weight("spread", (1,), initializer=first)

    def call(self, observed, step_type=None, network_state=(), training=False):
        middle = self.outputs(observed)
        middle = middle[..., 0] if self._each else middle
        spread = tf.exp(self._spread) + tf.zeros_like(middle)
        return tfp.distributions.MultivariateNormalDiag(middle, spread), network_state


class Critic(_Set):
    """Value of a cell : [N, K, F] -> [N]."""

    def __init__(self, observed):
        super().__init__(observed, "Critic", 1, False)

    def call(self, observed, step_type=None, network_state=(), training=False):
        return self.outputs(observed)[..., 0], network_state


def learner(users: int, form: str, seed: int) -> Learner:
    """An agent for cells of some users, with random weights from a seed."""
    begin(seed)
    observed = tf.TensorSpec((users, FEATURES), tf.float32)
    width = users if form == GRANTS else FORMS[form]
    action = BoundedTensorSpec((width,), tf.float32, -1e3, 1e3)
    return Learner(observed, action, Actor(observed, form), Critic(observed), SETTING)


def exported(of: Learner, form: str) -> Equivariant:
    """The actor as a network without TF-Agents, with the same outputs."""
    net = shipped(form)
    net.set_weights(of.agent.actor_net.exported)
    return net
