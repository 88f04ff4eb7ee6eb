"""A regular LDPC code built with pyldpc, decoded by belief propagation."""

from functools import lru_cache

import numpy as np
from scipy.sparse import csr_matrix

from blocks.phy.ldpc.belief_propagation import KNOWN, Edges, decode, edges_of

LENGTH = 1530  # coded bits
DEGREES = {1 / 3: (4, 6), 1 / 2: (3, 6), 2 / 3: (3, 9)}  # by rate: (d_v, d_c)


class RegularLdpc:
    """Gallager's regular code of one length; short blocks are filled with zeros.

    Parameters
    ----------
    coderate : 1/3, 1/2 or 2/3; the true rate is slightly higher, because some parity
        checks are redundant
    num_iter : most iterations of belief propagation

    References
    ----------
    R. G. Gallager, "Low-density parity-check codes", 1962; construction by pyldpc.
    """

    def __init__(self, coderate: float, *, num_iter: int = 20):
        near = [r for r in DEGREES if abs(r - coderate) < 1e-3]
        if not near:
            raise ValueError(f"a regular code has rate 1/3, 1/2 or 2/3, got {coderate}")
        self.coderate = coderate
        self._generator, self._edges = _code(*DEGREES[near[0]])
        self._num_iter = num_iter
        self._k = self._generator.shape[1]

    def segment(self, num_bits: int, overhead: int) -> tuple[int, int]:
        """Number of equal blocks for ``num_bits``, and bits of each with overhead."""
        num_blocks = -(-num_bits // (self._k - overhead))
        return num_blocks, -(-num_bits // num_blocks) + overhead

    def coded_bits(self, k: int) -> int:
        """Coded bits of a block of k bits; filler is known and not sent."""
        return LENGTH - self._k + k

    def encode(self, bits: np.ndarray, length: int, version: int = 0) -> np.ndarray:
        """Encode blocks [C, k] to [C, length], uint8; length from ``coded_bits``.

        There is one redundancy version.
        """
        full = np.zeros((len(bits), self._k), np.int64)
        full[:, : bits.shape[1]] = bits
        codewords = (self._generator @ full.T % 2).T
        return codewords[:, self._sent(bits.shape[1], length)].astype(np.uint8)

    def decode(self, llr: np.ndarray, k: int) -> np.ndarray:
        """Decode blocks [C, length] of log p(1)/p(0) to bits [C, k], uint8."""
        full = np.full((len(llr), LENGTH), -KNOWN, np.float32)
        full[:, self._sent(k, llr.shape[1])] = llr
        return decode(full, self._edges, self._num_iter)[:, :k]

    def decode_versions(self, received, k: int) -> np.ndarray:
        """Decode ``{0: log p(1)/p(0)}``: the interface of codes with more versions."""
        return self.decode(received[0], k)

    def _sent(self, k: int, length: int) -> np.ndarray:
        return np.r_[0:k, self._k : LENGTH][:length]


@lru_cache(maxsize=8)
def _code(degree_variable: int, degree_check: int) -> tuple[csr_matrix, Edges]:
    """Generator matrix [n, k] and edges of a regular code."""
    from pyldpc import make_ldpc

    parity, generator = make_ldpc(
        LENGTH, degree_variable, degree_check, systematic=True, sparse=True, seed=1
    )
    return csr_matrix(generator).astype(np.int64), edges_of(csr_matrix(parity))
