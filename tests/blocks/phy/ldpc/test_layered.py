"""The layered decoder: its rule, its graph, and the words that it finds."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from blocks.phy.ldpc import layered
from blocks.phy.ldpc.layered import LARGEST, UNIT, base_graph, decode
from blocks.phy.ldpc.nr import NrLdpc

LANES = 64


def replies(llr: np.ndarray) -> np.ndarray:
    """Replies of checks to their edges : [edges, checks] to the same, as LLRs."""
    extrinsic = np.zeros_like(llr)
    least, others = np.full((2, llr.shape[1]), LARGEST)
    everything = np.empty_like(least)
    total = (llr / UNIT).astype(np.float32)
    message = np.zeros_like(total)
    for edge in range(len(llr)):
        layered._take(total[edge], message[edge], extrinsic[edge], least, others)
    layered._join(least, others, everything)
    for edge in range(len(llr)):
        layered._reply(
            total[edge], message[edge], extrinsic[edge], least, others, everything
        )
    np.testing.assert_allclose(total * UNIT, llr + message * UNIT, rtol=1e-5, atol=1e-4)
    return message * UNIT


def exact(llr: np.ndarray) -> np.ndarray:
    """The same by the tanh rule."""
    factor = np.tanh(llr.astype(np.float64) / 2)
    return np.stack(
        [
            2 * np.arctanh(np.prod(np.delete(factor, edge, axis=0), axis=0))
            for edge in range(len(llr))
        ]
    )


@pytest.mark.parametrize("degree", [3, 4, 7, 19])
def test_the_least_reliable_edge_receives_the_boxplus_of_all_others(degree):
    llr = np.random.default_rng(degree).normal(0, 4, (degree, LANES)).astype(np.float32)
    found, right = replies(llr), exact(llr)
    np.testing.assert_array_equal(np.sign(found), np.sign(right))
    least = np.argmin(np.abs(llr), axis=0)[None]
    ours = np.take_along_axis(found, least, axis=0)
    # an error of 0.008 in each of the corrections adds up
    np.testing.assert_allclose(
        ours, np.take_along_axis(right, least, axis=0), atol=0.02 * (degree - 2)
    )


@pytest.mark.parametrize("degree", [3, 4, 7, 19])
def test_no_edge_is_promised_more_than_it_is_owed(degree):
    llr = np.random.default_rng(degree).normal(0, 4, (degree, LANES)).astype(np.float32)
    found, right = np.abs(replies(llr)), np.abs(exact(llr))
    assert np.all(found <= right + 0.02 * (degree - 1))
    assert np.mean(found / right) > 0.6


def test_an_erased_edge_erases_the_replies_to_all_others():
    llr = np.full((4, LANES), 5, np.float32)
    llr[2] = 0
    found = replies(llr)
    assert not found[[0, 1, 3]].any()
    np.testing.assert_allclose(found[2], exact(llr)[2], atol=0.03)


def test_equally_reliable_edges_keep_their_own_signs():
    signs = np.random.default_rng(2).choice([-1, 1], (5, LANES))
    llr = (3 * signs).astype(np.float32)
    found = replies(llr)
    np.testing.assert_array_equal(np.sign(found), np.prod(signs, axis=0) * signs)
    np.testing.assert_allclose(found, exact(llr), atol=0.06)


def lifted(shifts: np.ndarray, lifting: int) -> csr_matrix:
    """Parity checks of a base matrix of shifts; -1 stands for no edge."""
    rows, columns = np.nonzero(shifts >= 0)
    z = np.arange(lifting)
    row = (rows[:, None] * lifting + z).ravel()
    turned = (z + shifts[rows, columns][:, None]) % lifting
    column = (columns[:, None] * lifting + turned).ravel()
    shape = tuple(np.multiply(shifts.shape, lifting))
    return csr_matrix((np.ones(len(row), np.float32), (row, column)), shape)


SHIFTS = np.array([[0, 3, 1, 0, -1], [2, -1, 4, 0, 0], [1, 2, -1, -1, 3]])


def test_rotations_add_up_to_the_shifts_of_the_matrix():
    graph = base_graph(lifted(SHIFTS, 5), 5)
    rows = np.repeat(range(3), np.diff(graph.start))
    shift, now = SHIFTS[rows, graph.column], graph.order.copy()
    for edge, column in enumerate(graph.column):
        now[column] = (now[column] + graph.turn[edge]) % 5
        assert now[column] == shift[edge]
    np.testing.assert_array_equal(now, graph.order)
    parity = (graph.order[graph.column] + graph.parity_turn) % 5
    np.testing.assert_array_equal(parity, shift)


@pytest.mark.parametrize("most", [1, 20])
def test_words_whose_checks_hold_are_left_alone(most):
    pcm = lifted(SHIFTS, 5)
    graph = base_graph(pcm, 5)
    words = np.array(np.meshgrid(*[[0, 1]] * 4)).reshape(4, -1).T
    # the words of the code among those that repeat a digit through each column
    words = np.repeat(np.c_[words, words[:, 0]], 5, axis=1)
    words = words[~np.any(pcm @ words.T % 2, axis=0)]
    assert len(words) > 1
    llr = (2.0 * words - 1).astype(np.float32)
    np.testing.assert_array_equal(decode(llr, graph, most), words)


def test_iterations_are_counted():
    # a chain of equal bits: the last row speaks first about the first bit
    graph = base_graph(csr_matrix(np.array([[0, 1, 1], [1, 1, 0]], np.float32)), 1)
    llr = np.array([[9, -1, -1]], np.float32)
    assert decode(llr, graph, 0).tolist() == [[1, 0, 0]]
    assert decode(llr, graph, 1).tolist() == [[1, 1, 0]]
    assert decode(llr, graph, 2).tolist() == [[1, 1, 1]]


def test_extreme_llrs_do_not_overflow():
    code, bits = (
        NrLdpc(0.5),
        np.random.default_rng(1).integers(0, 2, (3, 500), np.uint8),
    )
    coded = 2.0 * code.encode(bits, 1000) - 1
    for size in (1e-30, 1e30, np.inf):
        llr = (size * coded).astype(np.float32)
        np.testing.assert_array_equal(code.decode(llr, 500), bits)


CHILD = """
from blocks.phy.ldpc import layered
from tests.blocks.phy.ldpc.test_layered import SHIFTS, lifted
import numpy as np
graph = layered.base_graph(lifted(SHIFTS, 5), 5)
layered.decode(np.ones((1, 25), np.float32), graph, 1)
print(sum(layered._decode.stats.cache_hits.values()))
"""


@pytest.mark.slow
def test_another_process_finds_the_compiled_decoder():
    decode(np.ones((1, 25), np.float32), base_graph(lifted(SHIFTS, 5), 5), 1)
    command = [sys.executable, "-c", CHILD]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    assert int(found.stdout) > 0
