"""Symbols with fixed tables through a range coder, one after the other.

References
----------
R. Bamler, "Understanding entropy coding with asymmetric numeral systems", 2022 (the
package ``constriction``).
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from blocks.phy.range_coder import opened, refusing, sealed


class Symbol(NamedTuple):
    """A symbol to be coded.

    table, row : table, and its row
    value : entry of the row, from 0
    """

    table: str
    row: int
    value: int


class Tables:
    """Tables that both ends hold.

    Parameters
    ----------
    frequencies : by name, [rows, entries], whole numbers above zero
    """

    def __init__(self, frequencies: Mapping[str, np.ndarray]):
        self._frequencies = dict(frequencies)
        self.model = lru_cache(maxsize=4096)(self._model)

    def encode(self, symbols: Iterable[Symbol]) -> np.ndarray:
        """Code symbols to bits [num_bits], uint8.

        Raises
        ------
        ValueError
            A value is not in its table.
        """
        import constriction

        encoder = constriction.stream.queue.RangeEncoder()
        for table, row, value in symbols:
            entries = self._frequencies[table].shape[1]
            if not 0 <= value < entries:
                must = f"{table} must be below {entries}"
                raise ValueError(f"{must}, got {value}")
            encoder.encode(int(value), self.model(table, int(row)))
        return sealed(encoder)

    def _model(self, table: str, row: int):
        import constriction

        frequencies = self._frequencies[table][row].astype(np.float64)
        return constriction.stream.model.Categorical(frequencies, perfect=False)


class Reader:
    """Reads symbols from bits [num_bits], uint8, padded with zeros."""

    def __init__(self, tables: Tables, bits: np.ndarray):
        self._tables, self._bits, self._decoder = tables, bits, opened(bits)
        self._read: list[Symbol] = []

    def __call__(self, table: str, row: int = 0) -> int:
        """The next symbol.

        Raises
        ------
        ValueError
            No encoder makes these bits.
        """
        with refusing():
            value = int(self._decoder.decode(self._tables.model(table, int(row))))
        self._read.append(Symbol(table, row, value))
        return value

    def close(self) -> None:
        """Check that an encoder makes these bits from the symbols that were read.

        Raises
        ------
        ValueError
            It makes others.
        """
        if not np.array_equal(self._tables.encode(self._read), self._bits):
            raise ValueError(f"bits must come from an encoder, got {len(self._bits)}")
