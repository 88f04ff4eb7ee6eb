"""Integers arrive exactly, at the length of their tables, or not at all."""

import numpy as np
import pytest

from blocks.phy import side_information
from blocks.phy.mcs import SCHEMES
from blocks.phy.side_information import TOTAL, EntropyCoder, fixed_point

NUM_TABLES, SIZE = 12, 17


def coder(seed: int = 0, **options) -> EntropyCoder:
    draw = np.random.default_rng(seed).random((NUM_TABLES, SIZE)) ** 4
    return EntropyCoder(fixed_point(draw), **options)


def drawn(tables: EntropyCoder, count: int, seed: int = 1):
    """Symbols of the tables' own distribution, and their rows."""
    draw = np.random.default_rng(seed)
    rows = draw.integers(0, NUM_TABLES, count)
    below = np.cumsum(tables.frequencies[rows].astype(int), axis=1)
    return np.argmax(draw.integers(0, TOTAL, (count, 1)) < below, axis=1), rows


@pytest.mark.parametrize("shape", [(5,), (3, 4, 200)])
def test_fixed_point_is_exact_and_never_zero(shape):
    p = np.random.default_rng(2).random(shape) ** 9
    p[..., 0] = 0
    counts = fixed_point(p)
    assert counts.dtype == np.uint16
    assert np.all(counts.sum(axis=-1, dtype=int) == TOTAL)
    assert counts.min() == 1
    probability = p / p.sum(axis=-1, keepdims=True)
    slack = 2 * shape[-1] / TOTAL
    np.testing.assert_allclose(counts / TOTAL, probability, atol=slack)


@pytest.mark.parametrize("count", [1, 2, 30, 20_000])
def test_length_is_that_of_the_tables(count):
    tables = coder()
    surplus = []
    for seed in range(200 if count < 100 else 1):
        values, rows = drawn(tables, count, seed)
        bits = tables.encode(values, rows)
        estimate = tables.num_bits(values, rows)
        # less is luck: zeros behind the last bit are free
        surplus.append(len(bits) - estimate)
        assert surplus[-1] <= 2 + 1e-4 * estimate
        np.testing.assert_array_equal(tables.decode(bits, rows), values)
    assert abs(np.mean(surplus)) <= 1 + 1e-4 * estimate


def test_length_is_the_entropy():
    tables, count = coder(), 50_000
    p = tables.frequencies / TOTAL
    entropies = -np.sum(p * np.log2(p), axis=1)
    values, rows = drawn(tables, count)
    expected = entropies[rows].sum()
    assert len(tables.encode(values, rows)) == pytest.approx(expected, rel=0.01)


def test_every_integer_can_be_sent():
    first = np.arange(NUM_TABLES) - 6
    tables = coder(first=first, escape=True)
    rows = np.repeat(np.arange(NUM_TABLES), 9)
    steps = np.array([-(2**30), -100, -1, 0, SIZE - 2, SIZE - 1, SIZE, 99, 2**30])
    values = first[rows] + np.tile(steps, NUM_TABLES)
    bits = tables.encode(values, rows)
    np.testing.assert_array_equal(tables.decode(bits, rows), values)
    assert abs(len(bits) - tables.num_bits(values, rows)) <= 2


def test_latent_of_a_network_arrives():
    # [h, w, C], a table for each channel, as its receiver sees it
    tables = coder(first=-8, escape=True)
    z = np.round(np.random.default_rng(3).laplace(0, 4, (12, 8, NUM_TABLES)))
    rows = np.broadcast_to(np.arange(NUM_TABLES), z.shape).ravel()
    bits = tables.encode(z.astype(int).ravel(), rows)
    np.testing.assert_array_equal(tables.decode(bits, rows).reshape(z.shape), z)


def test_tables_may_follow_from_what_was_decoded():
    tables, count = coder(first=2), 500
    values, _ = drawn(tables, count)
    rows = np.concatenate([[0], values[:-1] % NUM_TABLES])

    def row_of(before):
        return before[-1] % NUM_TABLES if before else 0

    bits = tables.encode(values + 2, rows)
    decoded = tables.decode_causal(bits, count, row_of)
    np.testing.assert_array_equal(decoded, values + 2)


def test_carries_run_through():
    # two likely symbols and one rare: long runs of the interval's upper end
    tables = EntropyCoder(np.array([[1, 1, TOTAL - 2]]))
    for n in range(1, 400):
        values = np.full(n, 2)
        values[-1] = n % 3
        bits = tables.encode(values, np.zeros(n, int))
        decoded = tables.decode(bits, np.zeros(n, int))
        np.testing.assert_array_equal(decoded, values)


def test_what_is_not_in_a_table_is_refused():
    with pytest.raises(ValueError, match="got 17"):
        coder().encode(np.array([3, 17]), np.array([0, 0]))
    with pytest.raises(ValueError, match="got 0"):
        EntropyCoder(np.array([[3, 0]]))


def test_garbage_decodes_to_something_or_is_refused():
    tables = coder(escape=True)
    rows = np.zeros(300, int)
    for seed in range(50):
        bits = np.random.default_rng(seed).integers(0, 2, 400, np.uint8)
        try:
            assert tables.decode(bits, rows).shape == (300,)
        except ValueError:
            continue


@pytest.fixture(scope="module")
def stream():
    """A stream of 900 bits, its scheme at 10 dB, and its symbols."""
    bits = np.random.default_rng(4).integers(0, 2, 900, np.uint8)
    mcs = side_information.choose(10.0, 900)
    return bits, mcs, *side_information.send(bits, mcs)


def noise(count: int, no: float) -> np.ndarray:
    draw = np.random.default_rng(5).normal(0, np.sqrt(no / 2), (2, count))
    return (draw[0] + 1j * draw[1]).astype(np.complex64)


def test_stream_arrives_at_the_snr_of_its_scheme(stream):
    bits, mcs, x, blocks = stream
    assert len(x) == side_information.num_symbols(len(bits), mcs)
    assert len(x) < 1.2 * (len(bits) + 24) / SCHEMES[mcs].efficiency
    no = np.full(len(x), 0.1, np.float32)
    received, decoded = side_information.receive(
        x + noise(len(x), 0.1), no, len(bits), mcs
    )
    np.testing.assert_array_equal(received, bits)
    np.testing.assert_array_equal(decoded, blocks)


def test_stream_in_noise_is_nothing(stream):
    bits, mcs, x, blocks = stream
    no = np.full(len(x), 1.0, np.float32)
    received, decoded = side_information.receive(
        x + noise(len(x), 1.0), no, len(bits), mcs
    )
    assert received is None
    assert decoded.shape == blocks.shape


def test_stream_cut_short_is_nothing(stream):
    bits, mcs, x, _ = stream
    no = np.full(len(x), 0.01, np.float32)
    for end, num_bits in ((len(x) - 1, len(bits)), (0, len(bits)), (len(x), 0)):
        received, _ = side_information.receive(x[:end], no[:end], num_bits, mcs)
        assert received is None
