"""Side information: integers through an entropy coder and the digital chain, and back.

Parameters that a receiver needs exactly (classes of blocks, a hyper-latent) are coded
with tables that both ends hold, sent at a modulation and coding scheme for the SNR, and
counted. If a CRC fails, the receiver gets no bits, never wrong ones.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

import numpy as np

from blocks.phy.bicm import CRC_BITS, LONGEST, Bicm, Layout
from blocks.phy.mcs import BLER_TARGET, LENGTHS, SCHEMES, snr_at
from blocks.phy.range_coder import opened, refusing, sealed

TOTAL = 1 << 16  # sum of the frequencies of a table, in fixed point
LOST = 0.01  # largest share of streams that are lost
SHORTEST = LENGTHS[0] - CRC_BITS  # bits of a stream; error rates of fewer are unknown
LENGTHS_PER_OCTAVE = 8  # lengths of streams; as many as there are lifting sizes
LONG_STEP = 128  # bits between the lengths of code blocks of longer streams
FEWEST_IN_RUN = 16  # values of one table that pay for a run of their own
_LONGEST_GAMMA = 32  # bits of the longest valid code

# Row of the table for the next symbol, from the symbols decoded so far.
RowOf = Callable[[Sequence[int]], int]


def fixed_point(probabilities: np.ndarray) -> np.ndarray:
    """Round probabilities to nonzero frequencies that sum to ``TOTAL``.

    Input
    -----
    probabilities : [..., A], float, with any sum

    Output
    ------
    : [..., A], uint16
    """
    p = np.asarray(probabilities, np.float64)
    spare = TOTAL - p.shape[-1]
    counts = 1 + np.floor(p / p.sum(axis=-1, keepdims=True) * spare).astype(np.int64)
    rest = TOTAL - counts.sum(axis=-1, keepdims=True)
    largest = counts.argmax(axis=-1, keepdims=True)
    np.put_along_axis(
        counts, largest, np.take_along_axis(counts, largest, -1) + rest, axis=-1
    )
    return counts.astype(np.uint16)


class EntropyCoder:
    """Range coder for integers, each with a categorical table of its own.

    Table ``t`` holds the integers ``first[t]`` to ``first[t] + A - 1``. With
    ``escape``, its last entry means any other integer, which follows at the end of the
    stream in Elias's gamma code; every integer can then be sent.

    Parameters
    ----------
    frequencies : [T, A], integers above zero, as from :func:`fixed_point`
    first : [T] or a single integer, smallest integer of each table
    escape : whether the last entry of a table is the escape

    References
    ----------
    R. Bamler, "Understanding entropy coding with asymmetric numeral systems", 2022
    (the package ``constriction``). P. Elias, "Universal codeword sets", 1975.
    """

    def __init__(self, frequencies: np.ndarray, *, first=0, escape: bool = False):
        self.frequencies = np.asarray(frequencies)
        self._tables = self.frequencies.astype(np.float64)
        if np.any(self._tables < 1):
            raise ValueError(
                f"frequencies must be at least 1, got {self._tables.min():g}"
            )
        self._first = np.broadcast_to(np.asarray(first, np.int64), len(self._tables))
        self._escape = self._tables.shape[1] - 1 if escape else None
        self._bits = -np.log2(self._tables / self._tables.sum(axis=1, keepdims=True))
        self._model = lru_cache(maxsize=None)(self._make_model)

    @property
    def bits(self) -> np.ndarray:
        """Information of each entry of each table : [T, A], float64 [bits]."""
        return self._bits

    def num_bits(self, values: np.ndarray, rows: np.ndarray) -> float:
        """Estimate the length of a stream; :meth:`encode` adds at most two bits.

        Input
        -----
        values, rows : as for :meth:`encode`
        """
        symbols, escaped = self._symbols(np.ravel(values), np.ravel(rows))
        gamma = sum(2 * int(m).bit_length() - 1 for m in escaped)
        return float(self._bits[np.ravel(rows), symbols].sum()) + gamma

    def encode(self, values: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Code integers.

        Input
        -----
        values : [n], integers
        rows : [n], integers, table of each value

        Output
        ------
        bits : [num_bits], uint8
        """
        import constriction

        symbols, escaped = self._symbols(values, rows)
        encoder = constriction.stream.queue.RangeEncoder()
        symbols = symbols.astype(np.int32)
        for run, model, tables in self._runs(np.asarray(rows)):
            encoder.encode(symbols[run], model, *tables)
        for magnitude in escaped:
            encoder.encode(_gamma(int(magnitude)), _coin())
        return sealed(encoder)

    def decode(self, bits: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Decode integers whose tables are known.

        Input
        -----
        bits : [num_bits], uint8
        rows : [n], integers

        Output
        ------
        values : [n], int64

        Raises
        ------
        ValueError
            No encoder makes these bits.
        """
        with refusing():
            decoder, rows = opened(bits), np.asarray(rows)
            parts = [
                decoder.decode(model, *(tables or [run.stop - run.start]))
                for run, model, tables in self._runs(rows)
            ]
            return self._values(decoder, np.concatenate(parts), rows)

    def decode_causal(
        self, bits: np.ndarray, count: int, row_of: RowOf, then: Sequence[int] = ()
    ) -> np.ndarray:
        """Decode integers whose tables depend on the symbols before them.

        ``row_of`` takes entries of tables, that is, values minus ``first``. After the
        ``count`` integers there may be others, whose tables ``then`` are known.
        """
        decoder, symbols, rows = opened(bits), [], []
        with refusing():
            for _ in range(count):
                rows.append(row_of(symbols))
                symbols.append(decoder.decode(self._model(rows[-1])))
            rows = np.concatenate([rows, then]).astype(int)
            others = decoder.decode(_categorical(), self._tables[rows[count:]])
            return self._values(decoder, np.concatenate([symbols, others]), rows)

    def _runs(self, rows: np.ndarray) -> Iterator[tuple]:
        """Slices of values, the model of each, and tables if it is a family.

        Long runs of one table need its model only once, and no copies of the table.
        """
        edges = np.flatnonzero(np.diff(rows)) + 1
        if len(edges) * FEWEST_IN_RUN >= len(rows):
            yield slice(0, len(rows)), _categorical(), [self._tables[rows]]
            return
        bounds = [0, *edges.tolist(), len(rows)]
        for start, stop in zip(bounds[:-1], bounds[1:], strict=True):
            yield slice(start, stop), self._model(int(rows[start])), []

    def _make_model(self, row: int):
        import constriction

        table = self._tables[row]
        return constriction.stream.model.Categorical(table, perfect=False)

    def _symbols(self, values, rows) -> tuple[np.ndarray, np.ndarray]:
        """Entries of tables [n], and the magnitudes of the values that escape."""
        symbols = np.asarray(values, np.int64) - self._first[np.asarray(rows, int)]
        last = self._tables.shape[1] - 1
        if self._escape is None:
            if np.any((symbols < 0) | (symbols > last)):
                worst = values[np.argmax((symbols < 0) | (symbols > last))]
                raise ValueError(f"values must be in their tables, got {worst}")
            return symbols, symbols[:0]
        above, below = symbols >= last, symbols < 0
        outside = above | below
        magnitude = np.where(above, 2 * (symbols - last + 1), -2 * symbols - 1)
        return np.where(outside, last, symbols), magnitude[outside]

    def _values(self, decoder, symbols: np.ndarray, rows: np.ndarray) -> np.ndarray:
        values = symbols.astype(np.int64)
        if self._escape is not None:
            for i in np.flatnonzero(symbols == self._escape):
                half, above = divmod(_read_gamma(decoder) + 1, 2)
                values[i] = half + self._escape - 1 if above else -half
        return values + self._first[rows]


def choose(snr_db: float, num_bits: int) -> int:
    """The fastest scheme that carries a stream; the most robust one if none does.

    At most 1 % of the streams are lost, and at most 0.1 % of their code blocks.

    Parameters
    ----------
    snr_db : Es/N0 at the receiver, fed back
    num_bits : length of the stream

    Output
    ------
    : index into :data:`blocks.phy.mcs.SCHEMES`
    """
    carried = [mcs for mcs in range(len(SCHEMES)) if carries(mcs, snr_db, num_bits)]
    return min(carried, key=lambda mcs: num_symbols(num_bits, mcs), default=0)


def carries(mcs: int, snr_db: float, num_bits: int) -> bool:
    """Whether a scheme carries a stream, as :func:`choose` demands it."""
    return snr_db >= carried_from_db(mcs, num_bits)


def carried_from_db(mcs: int, num_bits: int) -> float:
    """Least Es/N0 [dB] at which a scheme carries a stream of ``num_bits``."""
    blocks = layout(mcs, num_bits)
    target = min(BLER_TARGET, LOST / blocks.num_blocks)
    return snr_at(SCHEMES[mcs], blocks.k, target)


def half_lost_db(mcs: int, num_bits: int) -> float:
    """Es/N0 [dB] at which half of the streams of ``num_bits`` are lost."""
    blocks = layout(mcs, num_bits)
    return snr_at(SCHEMES[mcs], blocks.k, 1 - 0.5 ** (1 / blocks.num_blocks))


def layout(mcs: int, num_bits: int) -> Layout:
    """Code blocks of a stream at a scheme."""
    return _chain(mcs).layout(filled(num_bits))


def num_symbols(num_bits: int, mcs: int) -> int:
    """Channel uses of a stream at a scheme of :data:`blocks.phy.mcs.SCHEMES`."""
    return _chain(mcs).num_symbols(filled(num_bits))


def send(bits: np.ndarray, mcs: int) -> tuple[np.ndarray, np.ndarray]:
    """Send a stream through the digital chain.

    Input
    -----
    bits : [num_bits], uint8, at least one

    Output
    ------
    x : [num_symbols], complex64
    blocks : [C, K], uint8, information bits of the code blocks
    """
    filler = filled(len(bits)) - len(bits)
    return _chain(mcs).send(np.pad(bits, (0, filler)))


def receive(
    x_hat: np.ndarray, no: np.ndarray, num_bits: int, mcs: int
) -> tuple[np.ndarray | None, np.ndarray]:
    """Receive a stream; ``None`` if a CRC fails or symbols are missing.

    Input
    -----
    x_hat : [num_symbols], complex64, equalised symbols
    no : [num_symbols], float32, their noise variance
    num_bits, mcs : values of the header

    Output
    ------
    bits : [num_bits], uint8, or ``None``
    blocks : [C, K], uint8, information bits of the decoded code blocks
    """
    if not num_bits > 0 or len(x_hat) != num_symbols(num_bits, mcs):
        return None, np.zeros((0, 0), np.uint8)
    bits, intact, blocks = _chain(mcs).receive(x_hat, no, filled(num_bits))
    return (bits[:num_bits] if intact.all() else None), blocks


def filled(num_bits: int) -> int:
    """Number of bits with filler, to limit the number of lengths of code blocks.

    Every length needs a code of its own (``blocks/phy/ldpc/nr.py``). A stream of one
    block has 4 % more on average, a longer one 1 %.
    """
    num_bits = max(num_bits, SHORTEST)
    num_blocks = -(-num_bits // (LONGEST - CRC_BITS))
    if num_blocks > 1:
        length = -(-num_bits // num_blocks) + CRC_BITS
        return num_blocks * (-(-length // LONG_STEP) * LONG_STEP - CRC_BITS)
    step = 2 ** max(num_bits.bit_length() - LENGTHS_PER_OCTAVE.bit_length(), 0)
    return min(-(-num_bits // step) * step, LONGEST - CRC_BITS)


@lru_cache(maxsize=len(SCHEMES))
def _chain(mcs: int) -> Bicm:
    return Bicm(SCHEMES[mcs])


@lru_cache(maxsize=1)
def _categorical():
    import constriction

    return constriction.stream.model.Categorical(perfect=False)


@lru_cache(maxsize=1)
def _coin():
    import constriction

    return constriction.stream.model.Uniform(2)


def _gamma(magnitude: int) -> np.ndarray:
    """Elias's gamma code of a positive integer : [2 n - 1], int32."""
    digits = f"{magnitude:b}"
    return np.array([0] * (len(digits) - 1) + [int(d) for d in digits], np.int32)


def _read_gamma(decoder) -> int:
    zeros = 0
    while not decoder.decode(_coin()):
        zeros += 1
        if zeros >= _LONGEST_GAMMA:
            raise ValueError(f"an escape must be below 32 bits, got {zeros} and more")
    magnitude = 1
    for _ in range(zeros):
        magnitude = 2 * magnitude + int(decoder.decode(_coin()))
    return magnitude
