"""Short messages: the control header, and those of a session.

Blocks of a length that the receiver knows, in QPSK at rate 1/5, protected by a CRC. The
header is at the front of every transmission. If its CRC fails, the transmission is
lost.
"""

from collections.abc import Mapping

import numpy as np

from blocks.phy.adaptation import Outlook
from blocks.phy.bicm import Bicm, Mcs

ROBUST = Mcs(2, 0.2)


class BurstCode:
    """The code of short messages; a :class:`semlink.ends.wire.Bursts`."""

    def __init__(self):
        self._chain = Bicm(ROBUST)

    def num_symbols(self, num_bits: int) -> int:
        """Symbols of a block of ``num_bits``."""
        return self._chain.num_symbols(num_bits)

    def failing(self, expected: Outlook, num_bits: int) -> np.ndarray:
        """Block error rate of a block after each transmission : [T]."""
        length = self._chain.layout(num_bits).k
        return expected._replace(mode="chase").failing(ROBUST, length)

    def send(self, bits: np.ndarray) -> np.ndarray:
        """Symbols [n], complex64, of bits [num_bits], uint8."""
        return self._chain.send(np.asarray(bits, np.uint8))[0]

    def receive(
        self, x_hat: np.ndarray, no: np.ndarray, num_bits: int
    ) -> np.ndarray | None:
        """Bits [num_bits] from the front of what was received; ``None`` if lost.

        Input
        -----
        x_hat : [N], complex64, equalised symbols
        no : [N], float32, their noise variance
        """
        here = slice(0, self.num_symbols(num_bits))
        if len(x_hat) < here.stop:
            return None
        bits, intact, _ = self._chain.receive(x_hat[here], no[here], num_bits)
        return bits if intact.all() else None


class Header:
    """A header of unsigned fields.

    Parameters
    ----------
    fields : width of each field in bits, by name, in order
    """

    def __init__(self, fields: Mapping[str, int]):
        self._fields = dict(fields)
        self._num_bits = sum(fields.values())
        self._code = BurstCode()
        self.num_symbols = self._code.num_symbols(self._num_bits)

    def failing(self, expected: Outlook) -> np.ndarray:
        """Block error rate of the header after each transmission : [T]."""
        return self._code.failing(expected, self._num_bits)

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
        return self._code.send(np.concatenate(bits))

    def receive(self, x_hat: np.ndarray, no: np.ndarray) -> dict[str, int] | None:
        """Read the header from the front of a transmission; ``None`` if it fails.

        Input
        -----
        x_hat : [N], complex64, equalised symbols
        no : [N], float32, their noise variance
        """
        bits = self._code.receive(x_hat, no, self._num_bits)
        if bits is None:
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
