"""One graph decodes every code as Sionna's decoder of that code does."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.sparse import csr_matrix
from sionna.phy.fec.ldpc import LDPC5GDecoder, LDPC5GEncoder, LDPCBPDecoder

from blocks.phy.ldpc.belief_propagation import decode, edges_of
from blocks.phy.ldpc.nr import NrLdpc
from semlink.graph import traces

# k, n and noise with which some words fail: both base graphs, with and without filler
NOISY = ((300, 600, 0.9), (1024, 1536, 0.7), (640, 3200, 1.6), (5632, 8448, 0.7))


def noisy(coded: np.ndarray, deviation: float) -> np.ndarray:
    """LLRs of BPSK over AWGN."""
    noise = np.random.default_rng(8).normal(0, deviation, coded.shape)
    return ((2.0 * coded - 1 + noise) * 2 / deviation**2).astype(np.float32)


@pytest.mark.parametrize(("k", "n", "deviation"), NOISY)
def test_words_come_out_as_of_sionnas_decoder(k, n, deviation):
    bits = np.random.default_rng(7).integers(0, 2, (24, k), np.uint8)
    encoder = LDPC5GEncoder(k, n)
    llr = noisy(encoder(tf.constant(bits, tf.float32)).numpy(), deviation)
    stock = LDPC5GDecoder(encoder, num_iter=20, cn_update="boxplus")
    expected = stock(tf.constant(llr)).numpy()
    ours = NrLdpc(k / n, decoder="sum_product").decode(llr, k)
    failed, stock_failed = (np.any(d != bits, axis=1) for d in (ours, expected))
    assert 0 < failed.sum() < len(bits)
    # Sionna clips messages of checks, we do not: a word at the border may tip over
    assert np.sum(failed != stock_failed) <= 1
    right = ~failed & ~stock_failed
    np.testing.assert_array_equal(ours[right], expected[right])


def test_any_parity_check_matrix_will_do():
    # Hamming's (7, 4) code: one wrong bit of low reliability
    checks = [[1, 1, 0, 1, 1, 0, 0], [1, 0, 1, 1, 0, 1, 0], [0, 1, 1, 1, 0, 0, 1]]
    pcm = csr_matrix(np.array(checks, np.float32))
    llr = np.full((7, 7), -4, np.float32) + 5 * np.eye(7, dtype=np.float32)
    assert not decode(llr, edges_of(pcm), 10, True).any()
    stock = LDPCBPDecoder(pcm, num_iter=10, cn_update="boxplus")
    assert not stock(tf.constant(llr)).numpy().any()


def test_iterations_end_when_they_were_all_made():
    pcm = csr_matrix(np.array([[1, 1, 0], [0, 1, 1]], np.float32))
    # equal bits: the first has a strong LLR for 1, the others lean to 0
    llr = np.array([[9, -1, -1]], np.float32)
    assert decode(llr, edges_of(pcm), 0, True).tolist() == [[1, 0, 0]]
    assert decode(llr, edges_of(pcm), 1, True).tolist() == [[1, 1, 0]]
    assert decode(llr, edges_of(pcm), 2, True).tolist() == [[1, 1, 1]]


def test_further_codes_are_not_traced():
    code, counts = NrLdpc(0.6, decoder="sum_product"), []
    for k in (200, 1000):
        bits = np.zeros((2, k), np.uint8)
        coded = code.encode(bits, code.coded_bits(k))
        code.decode(4 * (2.0 * coded - 1).astype(np.float32), k)
        counts.append([traces[name] for name in ("ldpc encoder", "ldpc decoder")])
    assert counts[0] == counts[1]
