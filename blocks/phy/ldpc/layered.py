"""Layered decoding of quasi-cyclic LDPC codes, compiled by numba.

The rows of a base graph take turns. A row is Z checks that share no variable: they are
Z lanes over contiguous float32, which the compiler turns into vector instructions. A
row sees the replies of the rows before it, so an iteration converges about as far as
two of flooding.

A check replies by the approximate min* rule. The exact reply to an edge is the boxplus
of the other edges. The least reliable edge receives exactly that, and every other edge
the boxplus of all edges: its own changes little where another is less reliable.

A variable's totals are stored in the order of the lanes of the last row that wrote
them. Only reading rotates them then, by an amount that the base graph determines.

References
----------
D. E. Hocevar, "A reduced complexity decoder architecture via layered decoding of LDPC
codes", SiPS 2004. C. Jones, E. Valles, M. Smith, J. Villasenor, "Approximate-min*
constraint node updating for LDPC code decoding", MILCOM 2003.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.sparse import csr_matrix

from blocks.phy.ldpc.words import NUM_THREADS, in_batches

# log(1 + exp(-x)) is log(2) (1 - x / UNIT)^6 up to UNIT and zero beyond, within 0.008.
# LLRs in this unit save the division.
UNIT = 8.318
LOG_2 = np.float32(np.log(2) / UNIT)
LARGEST = np.float32(1e3)  # |LLR|, in UNIT; more would not change a decision
ZERO, ONE = np.float32(0), np.float32(1)


class BaseGraph(NamedTuple):
    """A base graph, its E edges ordered by row.

    lifting : Z
    start : [rows + 1], the first edge of each row, and E
    column : [E]
    turn : [E], rotation from the order in which an edge's column was last written
    parity_turn : [E], the same once an iteration is complete
    order : [columns], rotation of each column once an iteration is complete
    """

    lifting: int
    start: np.ndarray
    column: np.ndarray
    turn: np.ndarray
    parity_turn: np.ndarray
    order: np.ndarray


def base_graph(pcm, lifting: int) -> BaseGraph:
    """The base graph of a sparse parity-check matrix of lifted rows and columns."""
    rows = csr_matrix(pcm)[::lifting]
    rows.sort_indices()
    column, shift = np.divmod(rows.indices.astype(np.int64), lifting)
    order = np.zeros(pcm.shape[1] // lifting, np.int64)
    order[column] = shift  # the last edge of a column stays
    now, turn = order.copy(), np.empty_like(shift)
    for edge, (at, to) in enumerate(zip(column, shift, strict=True)):
        turn[edge], now[at] = to - now[at], to
    parity_turn = shift - order[column]
    start = rows.indptr.astype(np.int64)
    return BaseGraph(
        lifting, start, column, turn % lifting, parity_turn % lifting, order
    )


def decode(
    llr: np.ndarray, graph: BaseGraph, num_iter: int, early_stopping: bool = True
) -> np.ndarray:
    """Decode words, divided among the cores that the process may use.

    ``early_stopping`` ends a word when all its checks hold; see
    :func:`blocks.phy.ldpc.belief_propagation.decode` for the rest.
    """

    def some(llr: np.ndarray) -> np.ndarray:
        words = llr.reshape(len(llr), -1, graph.lifting)
        bits = np.empty(words.shape, np.uint8)
        _decode(words, bits, *graph[1:], num_iter, early_stopping)
        return bits.reshape(llr.shape)

    return in_batches(some, np.ascontiguousarray(llr), -(-len(llr) // NUM_THREADS))


_compiled = njit(cache=True, nogil=True, error_model="numpy")


@njit(inline="always")
def _boxplus(a, b):
    """Boxplus of two magnitudes."""
    of_sum = max(ONE - (a + b), ZERO)
    of_difference = max(ONE - abs(a - b), ZERO)
    of_sum, of_difference = of_sum * of_sum, of_difference * of_difference
    of_sum = of_sum * of_sum * of_sum
    of_difference = of_difference * of_difference * of_difference
    return max(min(a, b) + LOG_2 * (of_sum - of_difference), ZERO)


@_compiled
def _take(total, message, extrinsic, least, others):
    """Take an edge's last reply out of its variables, and give the rest to its checks.

    ``least`` has the least reliable edge of each check so far, ``others`` the boxplus
    of all but this one.
    """
    for z in range(len(total)):
        x = total[z] - message[z]
        extrinsic[z] = x
        before, product = least[z], others[z]
        is_less = abs(x) < abs(before)
        more = before if is_less else x
        least[z] = x if is_less else before
        others[z] = math.copysign(_boxplus(abs(product), abs(more)), product * more)


@_compiled
def _join(least, others, everything):
    """The boxplus of all edges; ``least`` becomes a magnitude."""
    for z in range(len(least)):
        x, product = least[z], others[z]
        everything[z] = math.copysign(_boxplus(abs(x), abs(product)), x * product)
        least[z] = abs(x)


@_compiled
def _reply(total, message, extrinsic, least, others, everything):
    """Reply to an edge, and update its variables.

    Several edges may be equally unreliable, with different signs.
    """
    for z in range(len(total)):
        x, product, own = extrinsic[z], others[z], everything[z]
        size = product if abs(x) == least[z] else own
        reply = math.copysign(size, own * x)
        message[z] = reply
        total[z] = x + reply


@_compiled
def _multiply_signs(total, sign):
    """Multiply by the signs of totals; zero is negative, as in the decision."""
    for z in range(len(total)):
        sign[z] = -sign[z] if total[z] <= ZERO else sign[z]


@_compiled
def _holds(total, start, column, turn, sign):
    """Whether all checks hold."""
    lanes = total.shape[1]
    for row in range(len(start) - 1):
        sign[:] = ONE
        for edge in range(start[row], start[row + 1]):
            values, rest = total[column[edge]], lanes - turn[edge]
            _multiply_signs(values[turn[edge] :], sign[:rest])
            _multiply_signs(values[: turn[edge]], sign[rest:])
        least = ONE
        for z in range(lanes):
            least = min(least, sign[z])
        if least < ZERO:
            return False
    return True


@_compiled
def _iterate(total, message, start, column, turn, extrinsic, state):
    """One iteration: all rows in turn."""
    lanes = total.shape[1]
    least, others, everything = state[0], state[1], state[2]
    for row in range(len(start) - 1):
        first, last = start[row], start[row + 1]
        state[:2] = LARGEST
        for edge in range(first, last):
            values, at, rest = total[column[edge]], turn[edge], lanes - turn[edge]
            old, new = message[edge], extrinsic[edge - first]
            _take(values[at:], old[:rest], new[:rest], least[:rest], others[:rest])
            _take(values[:at], old[rest:], new[rest:], least[rest:], others[rest:])
        _join(least, others, everything)
        for edge in range(first, last):
            values, new = total[column[edge]], extrinsic[edge - first]
            _reply(values, message[edge], new, least, others, everything)


@_compiled
def _decode(llr, bits, start, column, turn, parity_turn, order, most, early_stopping):
    words, columns, lanes = llr.shape
    widest = 0
    for row in range(len(start) - 1):
        widest = max(widest, start[row + 1] - start[row])
    total = np.empty((columns, lanes), np.float32)
    message = np.empty((len(column), lanes), np.float32)
    extrinsic = np.empty((widest, lanes), np.float32)
    state = np.empty((3, lanes), np.float32)
    scale = np.float32(-1 / UNIT)  # messages are log p(0)/p(1)
    for word in range(words):
        message[:] = ZERO
        for c in range(columns):
            for z in range(lanes):
                x = scale * llr[word, c, (z + order[c]) % lanes]
                total[c, z] = min(max(x, -LARGEST), LARGEST)
        for _ in range(most):
            if early_stopping and _holds(total, start, column, parity_turn, state[0]):
                break
            _iterate(total, message, start, column, turn, extrinsic, state)
        for c in range(columns):
            for z in range(lanes):
                bits[word, c, (z + order[c]) % lanes] = total[c, z] <= ZERO
