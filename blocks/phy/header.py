"""The control header, which a receiver needs before anything else.

Fixed fields in a fixed number of QPSK symbols at rate 1/5, at the front of every
transmission, protected by a CRC. If the CRC fails, the transmission is lost.
"""

from collections.abc import Mapping

import numpy as np

from blocks.phy.adaptation import Outlook
from blocks.phy.bicm import Bicm, Mcs

ROBUST = Mcs(2, 0.2)


class Header:
    """A header of unsigned fields.

    Parameters
    ----------
    fields : width of each field in bits, by name, in order
    """

    def __init__(self, fields: Mapping[str, int]):
        self._fields = dict(fields)
        self._num_bits = sum(fields.values())
        self._chain = Bicm(ROBUST)
        self.num_symbols = self._chain.num_symbols(self._num_bits)

    def failing(self, expected: Outlook) -> np.ndarray:
        """Block error rate of the header after each transmission : [T]."""
        length = self._chain.layout(self._num_bits).k
        return expected._replace(mode="chase").failing(ROBUST, length)

    def send(self, values: Mapping[str, int]) -> np.ndarray:
        """Make the symbols [num_symbols], complex64, of a header.

        Raises
        ------
        ValueError
            A value does not fit its field.
        """
        bits = [
            _to_bits(name, values[name], width) for name, width in self._fields.items()
        ]
        return self._chain.send(np.concatenate(bits))[0]

    def receive(self, x_hat: np.ndarray, no: np.ndarray) -> dict[str, int] | None:
        """Read the header from the front of a transmission; ``None`` if it fails.

        Input
        -----
        x_hat : [N], complex64, equalised symbols
        no : [N], float32, their noise variance
        """
        front = slice(0, self.num_symbols)
        if len(x_hat) < self.num_symbols:
            return None
        bits, intact, _ = self._chain.receive(x_hat[front], no[front], self._num_bits)
        if not intact.all():
            return None
        ends = np.cumsum(list(self._fields.values()))[:-1]
        parts = np.split(bits, ends)
        return {n: _from_bits(b) for n, b in zip(self._fields, parts, strict=True)}


def _to_bits(name: str, value: int, width: int) -> np.ndarray:
    if not 0 <= value < 2**width:
        raise ValueError(
            f"header field {name} must be 0 to {2**width - 1}, got {value}"
        )
    return np.array([value >> i & 1 for i in reversed(range(width))], np.uint8)


def _from_bits(bits: np.ndarray) -> int:
    return int("".join(map(str, bits)), 2)


def pack_colour(colour: np.ndarray) -> int:
    """RGB to 12 bits."""
    red, green, blue = (int(v) for v in np.clip(colour // 16, 0, 15))
    return red << 8 | green << 4 | blue


def unpack_colour(packed: int) -> np.ndarray:
    """12 bits to the middle of their RGB interval : [3], uint8."""
    return np.array([(packed >> s & 15) * 16 + 8 for s in (8, 4, 0)], np.uint8)
