"""Layout of the digital chain, and that its steps undo each other."""

import numpy as np
import pytest

from blocks.phy.bicm import CRC_BITS, Bicm, Layout, Mcs
from semlink.graph import traces

SCHEME = Mcs(4, 2 / 3)
SCHEMES = (Mcs(2, 1 / 5), SCHEME, Mcs(6, 0.75), Mcs(8, 948 / 1024))
each = pytest.mark.parametrize("mcs", SCHEMES, ids=str)
codes = pytest.mark.parametrize("code", ["nr", "regular"])


def random_bits(count: int) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 2, count, np.uint8)


def test_efficiency_is_bits_per_use():
    assert SCHEME.efficiency == pytest.approx(8 / 3)


@each
def test_layout_holds_the_bits(mcs):
    chain = Bicm(mcs)
    for num_bits in (8, 66, 1000, 8424, 8425, 50_000):
        num_blocks, k, length = chain.layout(num_bits)
        assert num_blocks * (k - CRC_BITS) >= num_bits
        assert length % mcs.num_bits_per_symbol == 0
        assert 0 <= length - k / mcs.coderate < 1 + mcs.num_bits_per_symbol
        symbols = num_blocks * length // mcs.num_bits_per_symbol
        assert chain.num_symbols(num_bits) == symbols


def test_layouts_that_can_be_worked_out_by_hand():
    chain = Bicm(SCHEME)
    assert chain.layout(1000) == Layout(1, 1024, 1536)
    assert chain.layout(8424) == Layout(1, 8448, 12672)
    # one bit more takes two blocks of 4213 + 24 bits, 1.5 coded bits for each
    assert chain.layout(8425) == Layout(2, 4237, 6356)


def test_more_bits_never_take_fewer_symbols_by_much():
    # one more block can have its bits spread more evenly: at most rounding is won
    chain = Bicm(SCHEME)
    uses = np.array([chain.num_symbols(8 * n) for n in range(1, 6000)])
    assert np.all(np.diff(uses) >= -8)
    assert np.all(np.diff(uses[::50]) > 0)


@codes
@pytest.mark.parametrize("num_bits", [40, 999])
def test_bits_come_back(code, num_bits):
    chain, bits = Bicm(SCHEME, code=code), random_bits(num_bits)
    x, blocks = chain.send(bits)
    assert x.dtype == np.complex64
    assert x.shape == (chain.num_symbols(num_bits),)
    no = np.full(len(x), 0.01, np.float32)
    received, intact, decoded = chain.receive(x, no, num_bits)
    np.testing.assert_array_equal(received, bits)
    np.testing.assert_array_equal(decoded, blocks)
    assert intact.all()
    assert intact.dtype == bool


def test_blocks_are_the_bits_in_order_zeros_behind():
    bits = random_bits(8429)
    _, blocks = Bicm(SCHEME).send(bits)
    assert len(blocks) == 2
    np.testing.assert_array_equal(blocks.reshape(-1)[:8429], bits)
    assert not blocks.reshape(-1)[8429:].any()


@each
def test_symbols_have_unit_mean_energy(mcs):
    energy = np.abs(Bicm(mcs).send(random_bits(4000))[0]) ** 2
    error = np.std(energy) / np.sqrt(len(energy))
    assert abs(np.mean(energy) - 1) <= 4 * error + 1e-5


@each
def test_constant_bits_do_not_send_one_symbol(mcs):
    # without scrambling, zeros would all be one point of the constellation
    for bits in (np.zeros(4000, np.uint8), np.ones(4000, np.uint8)):
        points = np.unique(Bicm(mcs).send(bits)[0])
        assert len(points) > 0.7 * 2**mcs.num_bits_per_symbol


def test_interleaver_spreads_neighbours_over_symbols():
    # TS 38.212, 5.4.2.2: written in rows of length / order, read in columns
    chain = Bicm(SCHEME)
    coded = np.arange(24, dtype=np.float32).reshape(1, 24)
    columns = chain._interleave(coded)
    assert columns[0].tolist() == [0, 6, 12, 18]
    np.testing.assert_array_equal(
        chain._deinterleave(columns, Layout(1, 16, 24)), coded
    )


def test_one_broken_block_leaves_the_others():
    chain, bits = Bicm(SCHEME), random_bits(3 * 8000)
    x, blocks = chain.send(bits)
    size = len(x) // len(blocks)
    noise = np.random.default_rng(0).normal(size=(2, size))
    x[size : 2 * size] = noise[0] + 1j * noise[1]
    no = np.full(len(x), 0.01, np.float32)
    _, intact, decoded = chain.receive(x, no, len(bits))
    assert intact.tolist() == [True, False, True]
    np.testing.assert_array_equal(decoded[intact], blocks[intact])


def test_noise_of_each_symbol_counts():
    # half of the symbols are noise; with their noise variance, the decoder ignores them
    chain, bits = Bicm(Mcs(2, 1 / 5)), random_bits(68)
    x, _ = chain.send(bits)
    draw = np.random.default_rng(1).normal(size=(2, len(x)))
    x[::2] = 3 * (draw[0] + 1j * draw[1])[::2]
    no = np.full(len(x), 0.01, np.float32)
    assert not chain.receive(x, no, 68)[1].all()
    no[::2] = 1e4
    assert chain.receive(x, no, 68)[1].all()


@pytest.mark.parametrize("order", [2, 4, 6, 8])
def test_one_symbol_in_ten_may_be_erased(order):
    chain, bits = Bicm(Mcs(order, 1 / 2)), random_bits(200)
    x, _ = chain.send(bits)
    erased = np.arange(len(x)) % 10 == 0
    no = np.where(erased, np.inf, 1e-3).astype(np.float32)
    assert chain.receive(np.where(erased, 0, x), no, len(bits))[1].all()


def test_few_decoders_are_compiled_for_many_lengths():
    chain = Bicm(SCHEME)
    before = traces["ldpc decoder"]
    for num_bits in range(940, 1016, 4):  # one lifting size
        x, _ = chain.send(random_bits(num_bits))
        chain.receive(x, np.full(len(x), 0.01, np.float32), num_bits)
    assert traces["ldpc decoder"] - before <= 1


def test_rates_that_the_code_has_not():
    for coderate in (0.1, 0.97):
        with pytest.raises(ValueError, match=f"got {coderate}$"):
            Bicm(Mcs(4, coderate))
