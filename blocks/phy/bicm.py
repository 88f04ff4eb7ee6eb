"""Bit-interleaved coded modulation: bits in, symbols out, and back.

Soft demapping uses the noise variance after equalisation. The layout of a transmission
depends on the number of bits and the modulation and coding scheme alone, so both ends
know it.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple

import numpy as np
import tensorflow as tf
from pydantic import Field
from sionna.phy.fec.crc import CRCEncoder
from sionna.phy.mapping import Constellation, Mapper
from sionna.phy.nr.utils import generate_prng_seq

from semlink.graph import compiled

CRC_BITS = 24
LONGEST = 8448  # bits of the longest code block, with its CRC

ModulationOrder = Literal[2, 4, 6, 8]
CodeRate = Annotated[float, Field(ge=0.2, le=0.95)]
CodeName = Literal["nr", "regular"]


class Mcs(NamedTuple):
    """Modulation and coding scheme: bits per QAM symbol, code rate."""

    num_bits_per_symbol: int
    coderate: float

    @property
    def efficiency(self) -> float:
        """Information bits per channel use."""
        return self.num_bits_per_symbol * self.coderate


class Layout(NamedTuple):
    """Segmentation of a transmission.

    num_blocks : code blocks
    k : bits of each, CRC included
    length : coded bits of each, a whole number of symbols
    """

    num_blocks: int
    k: int
    length: int


class Bicm:
    """The digital chain at one modulation and coding scheme.

    CRC and segmentation, LDPC code, scrambling, interleaving, QAM, and back.

    Parameters
    ----------
    mcs : modulation and coding scheme
    code : ``nr`` (5G LDPC) or ``regular`` (pyldpc)
    decoder : ``decoder``, ``num_iter``, ``early_stopping`` of
        :class:`blocks.phy.ldpc.nr.NrLdpc`, where given

    References
    ----------
    3GPP TS 38.212, 5.1 (CRC24B on every block, even a single one; no CRC of the
    transport block; inverted, see ``_check_bits``), 5.4.2.2 (interleaving); TS 38.211,
    5.1 (QAM), 5.2.1 (scrambling, restarted at every block).
    """

    def __init__(self, mcs: Mcs, *, code: str = "nr", **decoder):
        self.mcs = mcs
        self._code = _code(code, mcs.coderate, **decoder)
        self._map = _mapper(mcs.num_bits_per_symbol)

    def layout(self, num_bits: int) -> Layout:
        """Layout of ``num_bits``."""
        num_blocks, k = self._code.segment(num_bits, CRC_BITS)
        return Layout(num_blocks, k, self._length(k))

    def num_symbols(self, num_bits: int) -> int:
        """Channel uses of ``num_bits``."""
        layout = self.layout(num_bits)
        return layout.num_blocks * layout.length // self.mcs.num_bits_per_symbol

    def send(self, bits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Encode and modulate.

        Input
        -----
        bits : [num_bits], uint8

        Output
        ------
        x : [num_symbols], complex64, unit mean energy over the constellation
        blocks : [C, k - 24], uint8, the information bits of the code blocks
        """
        blocks = _segment(bits, self.layout(len(bits)))
        return self.modulate(with_crc(blocks)), blocks

    def modulate(self, blocks: np.ndarray, version: int = 0) -> np.ndarray:
        """Encode, scramble, interleave and map code blocks [C, k] to symbols."""
        k = blocks.shape[1]
        coded = self._code.encode(blocks, self._code.coded_bits(k), version)
        coded = np.pad(coded, ((0, 0), (0, self._length(k) - coded.shape[1])))
        coded ^= _scrambling()[: coded.shape[1]]
        return self._map(tf.constant(self._interleave(coded))).numpy()[:, 0]

    def soft(self, x_hat: np.ndarray, no: np.ndarray, layout: Layout) -> np.ndarray:
        """Demap symbols to log p(1)/p(0) of coded bits : [C, coded bits], float32."""
        from blocks.phy.demapping import soft_bits

        llr = soft_bits(x_hat, no, self.mcs.num_bits_per_symbol)
        llr = self._deinterleave(llr, layout)
        llr = llr * (1 - 2 * _scrambling()[: layout.length].astype(np.float32))
        return llr[:, : self._code.coded_bits(layout.k)]

    def demodulate(
        self, x_hat: np.ndarray, no: np.ndarray, layout: Layout
    ) -> np.ndarray:
        """Demap and decode symbols to code blocks [C, k], uint8."""
        return self._code.decode(self.soft(x_hat, no, layout), layout.k)

    def decode_versions(self, received: Mapping[int, np.ndarray], k: int) -> np.ndarray:
        """Decode blocks received in several redundancy versions.

        See :meth:`blocks.phy.ldpc.nr.NrLdpc.decode_versions`.
        """
        return self._code.decode_versions(received, k)

    def receive(
        self, x_hat: np.ndarray, no: np.ndarray, num_bits: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Demap and decode.

        Input
        -----
        x_hat : [num_symbols], complex64, equalised symbols
        no : [num_symbols], float32, their noise variance
        num_bits : number of transmitted bits

        Output
        ------
        bits : [num_bits], uint8
        intact : [C], bool, whether each block passes its CRC
        blocks : [C, k - 24], uint8, the information bits of the decoded blocks
        """
        layout = self.layout(num_bits)
        data, intact = checked(self.demodulate(x_hat, no, layout))
        return data.reshape(-1)[:num_bits], intact, data

    def _length(self, k: int) -> int:
        """Coded bits of a block, rounded up to whole symbols."""
        order = self.mcs.num_bits_per_symbol
        return -(-self._code.coded_bits(k) // order) * order

    def _interleave(self, coded: np.ndarray) -> np.ndarray:
        """Coded bits [C, length] to bits of symbols [symbols, order]."""
        order = self.mcs.num_bits_per_symbol
        rows = coded.reshape(len(coded), order, -1)
        return rows.transpose(0, 2, 1).reshape(-1, order).astype(np.float32)

    def _deinterleave(self, llr: np.ndarray, layout: Layout) -> np.ndarray:
        order = self.mcs.num_bits_per_symbol
        columns = llr.reshape(layout.num_blocks, -1, order)
        return columns.transpose(0, 2, 1).reshape(layout.num_blocks, -1)


def _segment(bits: np.ndarray, layout: Layout) -> np.ndarray:
    """[num_bits] to [C, k - CRC], zero-padded."""
    full = np.zeros((layout.num_blocks, layout.k - CRC_BITS), np.uint8)
    full.reshape(-1)[: len(bits)] = bits
    return full


def with_crc(blocks: np.ndarray) -> np.ndarray:
    """Information bits [C, K] to code blocks [C, K + 24]."""
    return np.concatenate([blocks, _check_bits(blocks)], axis=1)


def checked(blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Code blocks [C, k] to information bits, and whether each is intact : [C]."""
    data, check = np.split(blocks, [-CRC_BITS], axis=1)
    return data, np.all(_check_bits(data) == check, axis=1)


def _check_bits(blocks: np.ndarray) -> np.ndarray:
    """CRC24B of bits [C, k], inverted : [C, 24].

    Without inversion the all-zero word would pass, which is the decoder's output for a
    block of which nothing was received.
    """
    return 1 - _parity(blocks)


def _parity(blocks: np.ndarray) -> np.ndarray:
    """CRC24B of bits [C, k] : [C, 24]. Leading zeros do not change it."""
    padded = np.zeros((len(blocks), LONGEST), np.float32)
    padded[:, LONGEST - blocks.shape[1] :] = blocks
    return _crc()(tf.constant(padded)).numpy()[:, LONGEST:].astype(np.uint8)


@lru_cache(maxsize=1)
def _scrambling() -> np.ndarray:
    """Scrambling bits of every block, which make all symbols equally likely."""
    return generate_prng_seq(5 * LONGEST + 8, c_init=1).astype(np.uint8)


@lru_cache(maxsize=1)
def _crc():
    return CRCEncoder("CRC24B")


@lru_cache(maxsize=64)
def _code(name: str, coderate: float, **decoder):
    if name == "nr":
        from blocks.phy.ldpc.nr import NrLdpc as Code
    else:
        from blocks.phy.ldpc.regular import RegularLdpc as Code
    return Code(coderate, **decoder)


@lru_cache(maxsize=8)
def _mapper(num_bits_per_symbol: int):
    constellation = Constellation("qam", num_bits_per_symbol)
    mapper = Mapper(constellation=constellation)
    return compiled(mapper, level="graph", name="mapper")
