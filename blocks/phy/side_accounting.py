"""Accounting of side information: coded symbols, a capacity, or free.

``coded`` is the link. ``capacity`` and ``free`` are bounds, for comparison with papers
that count this way: the bits always arrive, and take ``bits / log2(1 + SNR)`` channel
uses, or none.
"""

from typing import Literal, NamedTuple

import numpy as np

from blocks.phy import clean_symbols, side_information
from semlink.units import db_to_linear

SideInfo = Literal["coded", "capacity", "free"]
NO_BLOCKS = np.zeros((0, 0), np.uint8)


class Scheme(NamedTuple):
    """Transmission of side information.

    accounting : ``coded``, ``capacity`` or ``free``
    mcs : index into :data:`blocks.phy.mcs.SCHEMES`, for ``coded``
    snr_db : SNR of the capacity, for ``capacity``: the transmitter's design SNR
    """

    accounting: SideInfo
    mcs: int
    snr_db: float


def on_air(num_bits: int, scheme: Scheme) -> int:
    """Number of symbols that carry ``num_bits``."""
    if scheme.accounting == "coded":
        return side_information.num_symbols(num_bits, scheme.mcs)
    least = -(-num_bits // clean_symbols.BITS_PER_SYMBOL)
    return max(counted(num_bits, scheme), least)


def counted(num_bits: int, scheme: Scheme) -> int:
    """Number of channel uses that count for ``num_bits``."""
    if scheme.accounting == "coded":
        return on_air(num_bits, scheme)
    if scheme.accounting == "free":
        return 0
    capacity = np.log2(1 + db_to_linear(scheme.snr_db))
    return int(np.ceil(num_bits / capacity))


def send(bits: np.ndarray, scheme: Scheme) -> tuple[np.ndarray, np.ndarray]:
    """Bits to symbols [n], complex64, and code blocks [C, K], uint8."""
    if scheme.accounting == "coded":
        return side_information.send(bits, scheme.mcs)
    return clean_symbols.pack(bits, on_air(len(bits), scheme)), NO_BLOCKS


def receive(
    x_hat: np.ndarray, no: np.ndarray, num_bits: int, scheme: Scheme
) -> tuple[np.ndarray | None, np.ndarray]:
    """Symbols to bits [num_bits], uint8, or ``None``, and decoded blocks."""
    if scheme.accounting == "coded":
        return side_information.receive(x_hat, no, num_bits, scheme.mcs)
    if len(x_hat) != on_air(num_bits, scheme):
        return None, NO_BLOCKS
    return clean_symbols.unpack(x_hat)[:num_bits], NO_BLOCKS
