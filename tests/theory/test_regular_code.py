"""The regular LDPC code is Gallager's, and works."""

import numpy as np
import pytest

from blocks.phy.bicm import Bicm, Mcs
from blocks.phy.ldpc.regular import DEGREES, LENGTH, RegularLdpc, _code
from channels.awgn import Awgn

RATES = tuple(DEGREES)
each_rate = pytest.mark.parametrize("rate", RATES, ids="{:.2f}".format)


def parity(rate: float) -> np.ndarray:
    """The matrix H, as pyldpc makes it."""
    from pyldpc import make_ldpc

    d_v, d_c = DEGREES[rate]
    return make_ldpc(LENGTH, d_v, d_c, systematic=True, sparse=True, seed=1)[0]


def random_bits(*shape: int) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 2, shape, np.uint8)


def llrs(coded: np.ndarray) -> np.ndarray:
    return ((2.0 * coded - 1) * 4).astype(np.float32)


@each_rate
def test_codewords_meet_every_check(rate):
    code, h = RegularLdpc(rate), parity(rate).astype(int)
    bits = random_bits(20, code._k)
    words = code.encode(bits, LENGTH)
    assert not np.any(h @ words.T.astype(int) % 2)
    np.testing.assert_array_equal(words[:, : code._k], bits)
    d_v, d_c = DEGREES[rate]
    assert set(h.sum(axis=0)) == {d_v}
    assert set(h.sum(axis=1)) == {d_c}


@each_rate
def test_the_true_rate_is_a_little_higher(rate):
    true = RegularLdpc(rate)._k / LENGTH
    assert rate <= true < rate + 0.01


@each_rate
def test_round_trip_of_whole_and_short_blocks(rate):
    code = RegularLdpc(rate)
    for k in (30, 300, code._k):
        bits = random_bits(9, k)
        coded = code.encode(bits, code.coded_bits(k))
        assert coded.shape == (9, code.coded_bits(k))
        np.testing.assert_array_equal(code.decode(llrs(coded), k), bits)


def test_filler_is_known_to_the_decoder():
    # LLRs of a Gaussian channel: variance twice the mean; one bit in 20 is wrong
    code, bits = RegularLdpc(2 / 3), random_bits(8, 300)
    coded = code.encode(bits, code.coded_bits(300))
    noise = np.random.default_rng(3).normal(0, np.sqrt(12), coded.shape)
    llr = (llrs(coded) * 1.5 + noise).astype(np.float32)
    assert np.mean((llr > 0) != coded) > 0.03
    np.testing.assert_array_equal(code.decode(llr, 300), bits)


def test_segments_hold_everything():
    code = RegularLdpc(2 / 3)
    for num_bits in (1, 998, 999, 5000, 100_000):
        num_blocks, k = code.segment(num_bits, 24)
        assert num_blocks * (k - 24) >= num_bits
        assert k <= code._k


def test_decodes_at_12_db(over):
    chain = Bicm(Mcs(4, 2 / 3), code="regular")
    bits = random_bits(40 * 990)
    x, blocks = chain.send(bits)
    rx = over(Awgn(), x[None], 12.0)
    raw = np.sign(rx.x_hat[0].real) != np.sign(x.real)
    assert raw.mean() > 1e-3  # there is something to correct
    received, intact, decoded = chain.receive(rx.x_hat[0], rx.no[0], len(bits))
    assert intact.all()
    np.testing.assert_array_equal(received, bits)


def test_fails_at_6_db_and_says_so(over):
    chain = Bicm(Mcs(4, 2 / 3), code="regular")
    bits = random_bits(20 * 990)
    x, blocks = chain.send(bits)
    rx = over(Awgn(), x[None], 6.0)
    _, intact, decoded = chain.receive(rx.x_hat[0], rx.no[0], len(bits))
    np.testing.assert_array_equal(intact, np.all(decoded == blocks, axis=1))
    assert not intact.any()


def test_shapes_are_made_once():
    RegularLdpc(2 / 3)
    hits = _code.cache_info().hits
    RegularLdpc(2 / 3)
    assert _code.cache_info().hits == hits + 1


def test_other_rates_are_refused():
    with pytest.raises(ValueError, match=r"got 0\.6$"):
        RegularLdpc(0.6)
