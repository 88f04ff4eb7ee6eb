"""Sionna's belief propagation, stopped when the parity checks hold.

Two things make it fast under XLA on long blocks. The loop ends
once every codeword of the batch satisfies every check, tested on the decoder's own
state after each iteration. And the node updates work on dense blocks: in a lifted
base graph, neighbouring nodes have equal degrees, so that a ragged sum is a few
reshapes and plain sums instead of a scatter.
"""

from itertools import pairwise

import numpy as np
import tensorflow as tf

SMALLEST = 1e-12  # stands for an erased message, which must not divide by zero
LARGEST = 1 - 1.2e-7  # a certain message, short of infinity in float32


class EarlyStopping:
    """Mix in before a decoder of ``sionna.phy.fec.ldpc`` (flooding, sum-product).

    References
    ----------
    W. E. Ryan, "An introduction to LDPC codes", 2004, for the tanh rule. Sionna 1.2
    offers no stopping rule; this overrides the condition of its decoding loop.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        pcm = self.pcm
        self._check_runs = _runs(np.asarray(pcm.sum(axis=1)).ravel())
        self._variable_runs = _runs(np.asarray(pcm.sum(axis=0)).ravel())
        self._cn_update = self._update_checks
        self._vn_update = self._update_variables
        variable_of_edge = tf.constant(self._vn_idx, tf.int32)
        self._variables = tf.gather(variable_of_edge, self._v2c_perm.flat_values)

    def _stop_cond(self, msg_v2c, msg_c2v, llr_ch, x_hat, it, num_iter):
        bits = tf.gather(tf.cast(x_hat <= 0, tf.int8), self._variables)
        unsatisfied = tf.constant(False)
        for block in _dense(bits, self._check_runs):
            unsatisfied |= tf.reduce_any(tf.reduce_sum(block, axis=1) % 2 > 0)
        return (it < num_iter) & unsatisfied

    def _update_checks(self, messages, llr_max):
        # no clipping at llr_max: a certain message ends at 16.6 in float32
        updated = [_check(m) for m in self._blocks(messages, "_check_runs")]
        return messages.with_flat_values(tf.concat(updated, axis=0))

    def _update_variables(self, messages, llr, llr_max):
        blocks = self._blocks(messages, "_variable_runs")
        llrs = tf.split(llr, [count for count, _ in self._variable_runs])
        totals = [tf.reduce_sum(m, 1) + ch for m, ch in zip(blocks, llrs, strict=True)]
        extrinsic = [
            _flat(tf.clip_by_value(total[:, None] - m, -llr_max, llr_max))
            for m, total in zip(blocks, totals, strict=True)
        ]
        flat = tf.concat(extrinsic, axis=0)
        return messages.with_flat_values(flat), tf.concat(totals, axis=0)

    def _blocks(self, messages, runs: str):
        return _dense(messages.flat_values, getattr(self, runs))


def _runs(degrees: np.ndarray) -> list[tuple[int, int]]:
    """Runs of neighbouring nodes of equal degree: (number of nodes, degree)."""
    degrees = degrees.astype(int)
    cuts = [0, *(np.flatnonzero(np.diff(degrees)) + 1), len(degrees)]
    return [(int(b - a), int(degrees[a])) for a, b in pairwise(cuts)]


def _dense(edges, runs):
    """Split edge values [edges, batch] into blocks [nodes, degree, batch]."""
    parts = tf.split(edges, [count * degree for count, degree in runs])
    shapes = [(count, degree, -1) for count, degree in runs]
    return [tf.reshape(p, shape) for p, shape in zip(parts, shapes, strict=True)]


def _flat(block):
    return tf.reshape(block, (block.shape[0] * block.shape[1], -1))


def _check(messages):
    """Sum-product update of checks of one degree : [nodes, degree, batch].

    The product over all edges, signs included, divided by the edge's own factor.
    """
    factor = tf.tanh(0.5 * messages)
    factor = tf.where(tf.abs(factor) < SMALLEST, SMALLEST, factor)
    extrinsic = tf.reduce_prod(factor, axis=1, keepdims=True) / factor
    extrinsic = tf.clip_by_value(extrinsic, -LARGEST, LARGEST)
    return _flat(tf.math.log((1 + extrinsic) / (1 - extrinsic)))
