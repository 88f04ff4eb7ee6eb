"""Actions of users that are numbers and choices: normal and categorical, independent.

TensorFlow Probability has no distribution of both that TF-Agents can rebuild from its
parameters. An action of users that ask for nothing has no effect: it has no part in the
probability, so that it adds no noise to the ratio of two policies.
"""

from functools import cached_property

import tensorflow as tf
import tensorflow_probability as tfp

from blocks.schedulers.ppo_lagrangian import HEADS, NUMBERS

tfd = tfp.distributions


class Heads(tfd.Distribution):
    """Actions [N, K A] of K users: their numbers, and a whole number for each head.

    Parameters
    ----------
    outputs : [N, K, O], means of the numbers and scores of the choices
    spread : [N, K, numbers], deviations of the numbers
    asks : [N, K], 1 for users that ask, 0 otherwise
    """

    def __init__(self, outputs, spread, asks, name="Heads"):
        given = {"outputs": outputs, "spread": spread, "asks": asks}
        self._outputs, self._spread, self._asks = outputs, spread, asks
        super().__init__(
            dtype=tf.float32,
            reparameterization_type=tfd.NOT_REPARAMETERIZED,
            validate_args=False,
            allow_nan_stats=True,
            name=name,
            parameters=given,
        )

    @cached_property
    def _parts(self):
        """Distributions of the numbers and of each head, of users [N, K]."""
        middle, *scores = tf.split(
            self._outputs, [len(NUMBERS), *HEADS.values()], axis=-1
        )
        numbers = tfd.MultivariateNormalDiag(middle, self._spread)
        return numbers, [tfd.Categorical(head, dtype=tf.int32) for head in scores]

    def _sample_n(self, n, seed=None):
        numbers, heads = self._parts
        seeds = tfp.random.split_seed(seed, 1 + len(heads))
        drawn = [
            tf.cast(head.sample(n, seed=one), tf.float32)[..., None]
            for head, one in zip(heads, seeds[1:], strict=True)
        ]
        return _flat(tf.concat([numbers.sample(n, seed=seeds[0]), *drawn], axis=-1))

    def _log_prob(self, value):
        numbers, heads = self._parts
        users = tf.shape(self._asks)[-1]
        width = len(NUMBERS) + len(heads)
        each = tf.reshape(value, tf.concat([tf.shape(value)[:-1], [users, width]], 0))
        found = numbers.log_prob(each[..., : len(NUMBERS)])
        for place, head in enumerate(heads, len(NUMBERS)):
            found += head.log_prob(tf.cast(tf.round(each[..., place]), tf.int32))
        return tf.reduce_sum(found * self._asks, axis=-1)

    def _entropy(self):
        numbers, heads = self._parts
        each = numbers.entropy() + sum(head.entropy() for head in heads)
        return tf.reduce_sum(each * self._asks, axis=-1)

    def _mode(self):
        numbers, heads = self._parts
        most = [tf.cast(head.mode(), tf.float32)[..., None] for head in heads]
        return _flat(tf.concat([numbers.mode(), *most], axis=-1))

    def _event_shape(self):
        users = tf.TensorShape(self._asks.shape)[-1]
        width = len(NUMBERS) + len(HEADS)
        return tf.TensorShape([None if users is None else users * width])

    def _batch_shape(self):
        return tf.TensorShape(self._asks.shape)[:-1]

    def _event_shape_tensor(self):
        return tf.shape(self._asks)[-1:] * (len(NUMBERS) + len(HEADS))

    def _batch_shape_tensor(self):
        return tf.shape(self._asks)[:-1]

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        properties = tfp.util.ParameterProperties
        return {
            "outputs": properties(event_ndims=2),
            "spread": properties(event_ndims=2),
            "asks": properties(event_ndims=1),
        }


def _flat(each):
    """Actions [..., K, A] as [..., K A]."""
    shape = tf.shape(each)
    return tf.reshape(each, tf.concat([shape[:-2], [shape[-2] * shape[-1]]], 0))
