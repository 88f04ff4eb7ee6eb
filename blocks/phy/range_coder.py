"""Streams of the range coder as bits, and decoding with tables that adapt.

References
----------
R. Bamler, "Understanding entropy coding with asymmetric numeral systems", 2022 (the
package ``constriction``).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

_INTERVAL_BITS = 64  # state of the range coder


def decode_adaptive(
    bits: np.ndarray, count: int, table_of: Callable[[Sequence[int]], np.ndarray]
) -> np.ndarray:
    """Decode symbols whose tables adapt to the symbols before them.

    Input
    -----
    bits : [num_bits], uint8, from a range encoder
    count : number of symbols
    table_of : table of the next symbol, [A], from the symbols decoded so far

    Output
    ------
    : [count], int64, entries of their tables

    Raises
    ------
    ValueError
        No encoder makes these bits.
    """
    import constriction

    model = constriction.stream.model.Categorical
    decoder, symbols = opened(bits), []
    with refusing():
        for _ in range(count):
            table = table_of(symbols).astype(np.float64)
            symbols.append(decoder.decode(model(table, perfect=False)))
    return np.array(symbols, np.int64)


@contextmanager
def refusing() -> Iterator[None]:
    """Raise ``ValueError`` for bits that no encoder makes."""
    try:
        yield
    except AssertionError as error:
        raise ValueError(f"bits must come from an encoder, got: {error}") from None


def sealed(encoder) -> np.ndarray:
    """The shortest bits that decode correctly when padded with zeros.

    The coder's own sealing writes whole words: up to 64 bits more.
    """
    num_words, (low, width) = encoder.pos()
    words = encoder.get_compressed()
    length = 32 * num_words + _INTERVAL_BITS
    code = int.from_bytes(words.astype(">u4").tobytes(), "big")
    code <<= length - 32 * len(words)
    # lower end of the interval, below the value that the coder chose in it
    lower = code - (code - low) % (1 << _INTERVAL_BITS)
    dropped = _INTERVAL_BITS
    while (shortest := -(-lower >> dropped)) << dropped >= lower + width:
        dropped -= 1
    # (rounding up may carry into earlier bits, never beyond the first)
    text = f"{shortest:0{max(length - dropped, 1)}b}"
    return np.frombuffer(text.encode(), np.uint8) - ord("0")


def opened(bits: np.ndarray):
    """A decoder of bits [num_bits], padded with zeros."""
    import constriction

    padded = np.pad(bits, (0, -len(bits) % 32 + _INTERVAL_BITS))
    words = np.packbits(padded).view(">u4").astype(np.uint32)
    return constriction.stream.queue.RangeDecoder(words)
