"""Encoding and sum-product decoding of any LDPC code by one graph.

The positions of the ones of a code's matrices are arguments of the graph. A further
code therefore costs no trace and only the memory of its indices; a graph per code would
take half a second and some 10 MiB each, and short messages come in many lengths.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf
from scipy.sparse import find

from blocks.phy.ldpc.words import in_batches
from semlink.graph import compiled, plain

BATCH = 16  # words at once: the messages of a bit then fill a cache line
KNOWN = 20.0  # |LLR| of a bit that is known; messages are clipped there
SMALLEST = 1e-12  # replaces the zero factor of an erased message, to divide by it
LARGEST = 1 - 1.2e-7  # a certain message, short of infinity in float32


class Edges(NamedTuple):
    """A Tanner graph of E edges, all int32 tensors of shape [E].

    variable : variable of each edge, edges sorted by variable
    check : check of each edge, edges sorted by check
    to_checks, to_variables : permutations from the first order to the second, and back
    """

    variable: tf.Tensor
    check: tf.Tensor
    to_checks: tf.Tensor
    to_variables: tf.Tensor


class Systematic(NamedTuple):
    """Matrices that give a code's parity from its information bits, in two steps.

    Each is a sparse matrix [rows, most ones in a row], int32: the columns of a row's
    ones, padded with the number of columns.

    core_checks, core_inverse : the core parity bits are ``core_inverse`` times
        ``core_checks`` times the information bits
    checks_of_information, checks_of_core : the other parity bits are the sum of these
        two, applied to the information bits and to the core parity bits
    """

    core_checks: tf.Tensor
    core_inverse: tf.Tensor
    checks_of_information: tf.Tensor
    checks_of_core: tf.Tensor


def edges_of(pcm) -> Edges:
    """The edges of a sparse parity-check matrix [checks, variables].

    Every check and every variable must have an edge.
    """
    check, variable, _ = find(pcm)
    by_variable = np.lexsort((check, variable))
    check, variable = check[by_variable], variable[by_variable]
    to_checks = np.argsort(check, kind="stable")
    arrays = variable, check[to_checks], to_checks, np.argsort(to_checks)
    return Edges(*(tf.constant(array, tf.int32) for array in arrays))


def encode(bits: np.ndarray, code: Systematic) -> np.ndarray:
    """Encode words [C, k] of bits to [C, n], uint8: information, then parity."""
    columns = tf.constant(bits.T, tf.float32)
    return _encode(columns, *code).numpy().T.astype(np.uint8)


def decode(
    llr: np.ndarray, edges: Edges, num_iter: int, early_stopping: bool = True
) -> np.ndarray:
    """Decode words by flooding, in parallel batches.

    Parameters
    ----------
    num_iter : most iterations
    early_stopping : whether to stop when all checks of a batch hold

    Input
    -----
    llr : [C, variables], float32, log p(1)/p(0)

    Output
    ------
    : [C, variables], uint8

    References
    ----------
    W. E. Ryan, "An introduction to LDPC codes", 2004, for the tanh rule.
    """
    settings = tf.constant(num_iter), tf.constant(early_stopping)

    def together(words):
        return _decode(tf.constant(words), *edges, *settings).numpy()

    return in_batches(together, llr, BATCH)


@plain
def _parity(columns, *code):
    """Words [k, C] to codewords [n, C]; the values of one bit are contiguous."""
    core_checks, core_inverse, of_information, of_core = code
    core = _odd(_sums(_sums(columns, core_checks), core_inverse))
    others = _odd(_sums(columns, of_information) + _sums(core, of_core))
    return tf.concat([columns, core, others], axis=0)


def _sums(columns, ones):
    """A sparse matrix of ones times columns [n, C]."""
    padded = tf.pad(columns, [[0, 1], [0, 0]])
    return tf.reduce_sum(tf.gather(padded, ones), axis=1)


def _odd(sums):
    return tf.math.floormod(sums, 2.0)


@plain
def _sum_product(llr, variable, check, to_checks, to_variables, most, early_stopping):
    # messages are log p(0)/p(1), [edges, words]
    llr = -tf.transpose(tf.clip_by_value(llr, -KNOWN, KNOWN))
    variable_at_check = tf.gather(variable, to_checks)

    def unfinished(it, _, total):
        bits = tf.gather(tf.cast(total <= 0, tf.int32), variable_at_check)
        unsatisfied = tf.reduce_any(tf.math.segment_sum(bits, check) % 2 > 0)
        return (it < most) & (unsatisfied | ~early_stopping)

    def iteration(it, messages, _):
        factor = tf.tanh(0.5 * tf.gather(messages, to_checks))
        factor = tf.where(factor == 0, SMALLEST, factor)
        product = tf.gather(tf.math.segment_prod(factor, check), check)
        extrinsic = tf.clip_by_value(product / factor, -LARGEST, LARGEST)
        from_checks = tf.math.log((1 + extrinsic) / (1 - extrinsic))
        from_checks = tf.gather(from_checks, to_variables)
        total = tf.math.segment_sum(from_checks, variable) + llr
        messages = tf.gather(total, variable) - from_checks
        return it + 1, tf.clip_by_value(messages, -KNOWN, KNOWN), total

    start = tf.constant(0), tf.gather(llr, variable), llr
    any_size = tf.TensorShape([None, None])
    shapes = tf.TensorShape([]), any_size, any_size
    _, _, total = tf.while_loop(unfinished, iteration, start, shape_invariants=shapes)
    return tf.cast(tf.transpose(total) <= 0, tf.uint8)


_ROWS, _FLAT = tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None], tf.int32)
_encode = compiled(
    _parity,
    level="graph",
    name="ldpc encoder",
    signature=[tf.TensorSpec([None, None]), _ROWS, _ROWS, _ROWS, _ROWS],
)
_decode = compiled(
    _sum_product,
    level="graph",
    name="ldpc decoder",
    signature=[
        tf.TensorSpec([None, None]),
        *[_FLAT] * 4,
        tf.TensorSpec([], tf.int32),
        tf.TensorSpec([], tf.bool),
    ],
)
