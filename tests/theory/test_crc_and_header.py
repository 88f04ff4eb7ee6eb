"""The CRC is CRC24B, and the header gets through where nothing else does."""

from itertools import product

import numpy as np
import pytest
import tensorflow as tf
from sionna.phy.fec.crc import CRCEncoder

from baselines.separated.header import FIELDS
from blocks.phy.bicm import CRC_BITS, Bicm, Mcs, _check_bits, _parity
from blocks.phy.header import Header
from channels.awgn import Awgn


def random_bits(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 2, shape, np.uint8)


@pytest.fixture(scope="module")
def header() -> Header:
    return Header(FIELDS)


@pytest.mark.parametrize("length", [1, 23, 24, 25, 66, 1000, 8424])
def test_crc_is_sionnas(length):
    bits = random_bits(4, length)
    expected = CRCEncoder("CRC24B")(tf.constant(bits, tf.float32)).numpy()[:, length:]
    np.testing.assert_array_equal(_parity(bits), expected)
    np.testing.assert_array_equal(_check_bits(bits), 1 - expected)


def test_crc_is_the_polynomial_of_ts_38_212():
    # a single one in front of 24 zeros leaves x^24 mod g: g without its first term
    bits = np.zeros((1, 1), np.uint8)
    bits[0, 0] = 1
    exponents = np.flatnonzero(_parity(bits)[0][::-1])
    assert exponents.tolist() == [0, 1, 5, 6, 23]


def test_every_short_burst_is_noticed():
    bits = random_bits(1, 300)
    check = _check_bits(bits)
    bursts = np.random.default_rng(2).integers(0, 2, (200, CRC_BITS), np.uint8)
    bursts[:, 0] = 1
    for position, burst in enumerate(bursts):
        broken = bits.copy()
        broken[0, position : position + CRC_BITS] ^= burst
        assert np.any(_check_bits(broken) != check)


@pytest.mark.parametrize("code", ["nr", "regular"])
def test_a_block_that_was_never_heard_is_not_intact(code):
    chain = Bicm(Mcs(4, 2 / 3), code=code)
    symbols = chain.num_symbols(900)
    for x_hat in (np.zeros(symbols, np.complex64), np.ones(symbols, np.complex64)):
        for no in (1e9, 1e20, np.inf):
            noise = np.full(symbols, no, np.float32)
            _, intact, _ = chain.receive(x_hat, noise, 900)
            assert not intact.any()


def test_header_brings_every_extreme(header):
    widths = list(FIELDS.values())
    combinations = list(product(*((0, 2**width - 1) for width in widths)))
    middles = [tuple(int(v) for v in random_values(width)) for width in range(10)]
    for values in combinations + middles:
        sent = dict(zip(FIELDS, values, strict=True))
        x = header.send(sent)
        assert len(x) == header.num_symbols
        assert header.receive(x, np.full(len(x), 0.01, np.float32)) == sent


def random_values(seed: int) -> np.ndarray:
    widths = np.array(list(FIELDS.values()))
    return np.random.default_rng(seed).integers(0, 2**widths)


def test_header_refuses_what_does_not_fit(header):
    values = dict.fromkeys(FIELDS, 0)
    for field, width in FIELDS.items():
        for value in (2**width, -1):
            with pytest.raises(ValueError, match=f"{field} .* got {value}$"):
                header.send(values | {field: value})


def received(header, over, snr_db: float, count: int) -> list[bool | None]:
    """For each header: read rightly, wrongly, or known to be lost (None)."""
    sent = [dict(zip(FIELDS, random_values(i), strict=True)) for i in range(count)]
    rx = over(Awgn(), np.stack([header.send(values) for values in sent]), snr_db)
    read = [
        header.receive(x_hat, no) for x_hat, no in zip(rx.x_hat, rx.no, strict=True)
    ]
    return [None if r is None else r == s for r, s in zip(read, sent, strict=True)]


def test_header_is_robust_at_0_db(header, over):
    outcomes = received(header, over, 0.0, 300)
    assert outcomes.count(True) > 297  # block error rate below 1e-2


def test_a_lost_header_is_known_to_be_lost(header, over):
    assert received(header, over, -15.0, 100) == [None] * 100


def test_header_is_never_wrong_at_its_cliff(header, over):
    outcomes = received(header, over, -4.0, 100)
    assert outcomes.count(False) == 0
    assert 0 < outcomes.count(None) < 100


def test_a_signal_shorter_than_a_header_is_lost(header):
    none = np.zeros(header.num_symbols - 1, np.complex64)
    assert header.receive(none, np.ones(len(none), np.float32)) is None
