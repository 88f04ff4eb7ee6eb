"""The NR code is Sionna's, whatever was done to make it fit and fast."""

import numpy as np
import pytest
import tensorflow as tf
from sionna.phy.fec.ldpc import LDPC5GDecoder, LDPC5GEncoder

from blocks.phy.bicm import Bicm, Layout, Mcs
from blocks.phy.ldpc.nr import NrLdpc
from blocks.phy.mcs import SCHEMES
from blocks.phy.side_information import filled
from channels.awgn import Awgn

# k on both sides of every border of TS 38.212, 5.2.2: columns of base graph 2,
# lifting sizes, base graphs, the longest block
BORDERS = (40, 192, 193, 292, 293, 560, 561, 640, 641, 3824, 3825, 3840, 8448)
# (k, n): rates 1/5 to 8/9, both base graphs, filled up and not
CODES = (
    (1024, 1536), (5632, 8448), (8448, 12672), (60, 90), (520, 780), (560, 840),
    (638, 1276), (92, 460), (3840, 19200), (200, 240), (4000, 6000), (8000, 9000),
)  # fmt: skip
RATES = (1 / 5, 1 / 3, 2 / 3, 948 / 1024)


def random_bits(*shape: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2, shape, np.uint8)


def llrs(coded: np.ndarray, size: float = 4.0) -> np.ndarray:
    """Log p(1)/p(0) of bits that arrived well."""
    return ((2.0 * coded - 1) * size).astype(np.float32)


@pytest.mark.parametrize(("k", "n"), CODES)
def test_codewords_are_sionnas(k, n):
    bits = random_bits(3, k)
    expected = LDPC5GEncoder(k, n)(tf.constant(bits, tf.float32)).numpy()
    code = NrLdpc(k / n)
    assert code.coded_bits(k) == n
    np.testing.assert_array_equal(code.encode(bits, n), expected)


@pytest.mark.parametrize(("k", "n"), [(1024, 1536), (5632, 8448)])
def test_sionna_decodes_them(k, n):
    bits = random_bits(2, k, seed=2)
    coded = NrLdpc(k / n).encode(bits, n)
    decoder = LDPC5GDecoder(LDPC5GEncoder(k, n), num_iter=5)
    np.testing.assert_array_equal(decoder(tf.constant(llrs(coded))).numpy(), bits)


@pytest.mark.parametrize("rate", RATES, ids="{:.2f}".format)
@pytest.mark.parametrize("k", BORDERS)
def test_every_length_comes_back(k, rate):
    code = NrLdpc(rate)
    if k > 3840 and rate < 1 / 3:
        pytest.skip("base graph 2 has no longer blocks")
    n = code.coded_bits(k)
    assert n == int(np.ceil(k / rate - 1e-9))
    bits = random_bits(2, k, seed=k)
    coded = code.encode(bits, n)
    assert coded.shape == (2, n)
    np.testing.assert_array_equal(code.decode(llrs(coded), k), bits)


@pytest.mark.parametrize("k", [500, 5000])
def test_fewer_coded_bits_are_the_front_of_more(k):
    code, bits = NrLdpc(0.5), random_bits(2, k)
    all_of_them = code.encode(bits, 2 * k)
    for length in (2 * k - 1, 3 * k // 2, 5 * k // 4):
        coded = code.encode(bits, length)
        np.testing.assert_array_equal(coded, all_of_them[:, :length])
        np.testing.assert_array_equal(code.decode(llrs(coded), k), bits)
    with pytest.raises(ValueError, match=f"got {3 * k}$"):
        code.encode(bits, 3 * k)


@pytest.mark.parametrize("rate", RATES)
def test_segments_are_equal_and_hold_everything(rate):
    code = NrLdpc(rate)
    for num_bits in [*range(1, 12000, 61), 100_000, 8 * 2**20]:
        num_blocks, k = code.segment(num_bits, 24)
        assert num_blocks * (k - 24) >= num_bits
        assert num_blocks * (k - 24) - num_bits < max(num_blocks, 12)
        assert k <= (8448 if code._base_graph(k) == "bg1" else 3840)


@pytest.mark.parametrize("k", [100, 900, 5000])
def test_fillers_are_never_sent(k):
    # two blocks that differ in their last bit only: a filler could not differ
    code = NrLdpc(0.5)
    bits = np.zeros((2, k), np.uint8)
    bits[1, -1] = 1
    coded = code.encode(bits, code.coded_bits(k))
    assert not coded[0].any()
    skipped = 2 * code._graph(k, whole=False).lifting
    assert np.flatnonzero(coded[1])[0] == k - 1 - skipped
    assert len(code.sent(k, 0)) == code.coded_bits(k)


def test_fillers_are_known_to_the_decoder():
    # 79 of 720 bits are filler; LLRs of a Gaussian channel, one bit in 20 wrong
    code, bits = NrLdpc(2 / 3), random_bits(8, 641)
    coded = code.encode(bits, code.coded_bits(641))
    noise = np.random.default_rng(3).normal(0, np.sqrt(12), coded.shape)
    llr = llrs(coded, 6.0) + noise.astype(np.float32)
    assert np.mean((llr > 0) != coded) > 0.03
    np.testing.assert_array_equal(code.decode(llr, 641), bits)


@pytest.mark.parametrize("index", range(len(SCHEMES)))
def test_every_scheme_comes_back_without_noise(index):
    chain = Bicm(SCHEMES[index])
    # high rates leave some of the shortest blocks undecodable; links fill those up
    for num_bits in (*{filled(n) for n in range(1, 60)}, 200, 4100):
        bits = random_bits(num_bits, seed=num_bits)
        x, blocks = chain.send(bits)
        assert len(x) == chain.num_symbols(num_bits)
        no = np.full(len(x), 1e-3, np.float32)
        received, intact, decoded = chain.receive(x, no, num_bits)
        assert intact.all()
        np.testing.assert_array_equal(received, bits)
        np.testing.assert_array_equal(decoded, blocks)


@pytest.fixture(scope="module")
def noisy(over):
    """Blocks over AWGN where some fail and some do not."""
    chain, blocks = Bicm(Mcs(4, 2 / 3)), random_bits(200, 1024, seed=5)
    rx = over(Awgn(), chain.modulate(blocks)[None], 8.8)
    return blocks, rx.x_hat[0], rx.no[0], Layout(200, 1024, 1536)


@pytest.fixture(scope="module")
def ours(noisy):
    """What the decoder makes of them, as a link has it: stopped early."""
    return Bicm(Mcs(4, 2 / 3)).demodulate(*noisy[1:])


def test_early_stopping_changes_nothing(noisy, ours):
    blocks, *received = noisy
    patient = Bicm(Mcs(4, 2 / 3), early_stopping=False).demodulate(*received)
    failed, patient_failed = (np.any(d != blocks, axis=1) for d in (ours, patient))
    assert 20 < failed.sum() < 180
    # messages that still move may leave a word again at the border of decoding
    assert np.sum(failed != patient_failed) <= 2
    right = ~failed & ~patient_failed
    np.testing.assert_array_equal(ours[right], patient[right])


def test_batches_do_not_matter(noisy, ours):
    blocks, x_hat, no, layout = noisy
    chain = Bicm(Mcs(4, 2 / 3))
    symbols = layout.length // 4
    one = layout._replace(num_blocks=1)
    for i in range(20):
        part = slice(i * symbols, (i + 1) * symbols)
        alone = chain.demodulate(x_hat[part], no[part], one)
        right = np.array_equal(ours[i], blocks[i])
        assert right == np.array_equal(alone[0], blocks[i])


def test_stopping_waits_for_the_last_word_of_a_batch():
    # seven clean words must not end the decoding of the eighth
    code, bits = NrLdpc(2 / 3), random_bits(8, 1024, seed=6)
    coded = code.encode(bits, 1536)
    llr = llrs(coded, 12.0)
    noise = np.random.default_rng(6).normal(0, 3, 1536)
    llr[5] = llrs(coded[5:6], 5.0)[0] + noise
    assert np.any((llr[5] > 0) != coded[5])
    np.testing.assert_array_equal(code.decode(llr, 1024), bits)
