"""Short messages on the air: QPSK, 5G LDPC at rate 1/5, and a CRC."""

import numpy as np

from blocks.phy.bicm import Bicm
from blocks.phy.header import ROBUST


class BurstCode:
    """A code for short messages; a :class:`semlink.ends.wire.Bursts`."""

    def __init__(self):
        self._chain = Bicm(ROBUST)

    def num_symbols(self, num_bits: int) -> int:
        """Symbols of a block of ``num_bits``."""
        return self._chain.num_symbols(num_bits)

    def send(self, bits: np.ndarray) -> np.ndarray:
        """Symbols [n], complex64, of bits [num_bits], uint8."""
        return self._chain.send(np.asarray(bits, np.uint8))[0]

    def receive(self, x_hat, no, num_bits: int) -> np.ndarray | None:
        """Bits [num_bits] from the front of what was received; ``None`` if lost."""
        here = slice(0, self.num_symbols(num_bits))
        if len(x_hat) < here.stop:
            return None
        bits, intact, _ = self._chain.receive(x_hat[here], no[here], num_bits)
        return bits if intact.all() else None
