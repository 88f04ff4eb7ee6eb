"""5G NR LDPC code by Sionna, with segmentation and rate matching to any length.

A Sionna encoder is built for one (k, n). Here, one is built for each lifting size and
rate, at the full length of the base graph's information part. Shorter blocks are filled
with known zeros, which are not sent, and the codeword is cut to the length needed, as
in TS 38.212. The number of encoders stays small for any number of image sizes.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Literal, NamedTuple

import numpy as np
from sionna.phy.fec.ldpc import LDPC5GEncoder

from blocks.phy.ldpc import belief_propagation
from blocks.phy.ldpc.belief_propagation import KNOWN, Systematic, edges_of, encode

LIFTING_SIZES = sorted(
    a * 2**j for a in (2, 3, 5, 7, 9, 11, 13, 15) for j in range(8) if a * 2**j <= 384
)
LOWEST = 0.2  # lowest code rate of Sionna's encoder

# Columns of each base graph in the circular buffer, and starts of the redundancy
# versions (TS 38.212, table 5.4.2.1-2).
COLUMNS = {"bg1": 66, "bg2": 50}
STARTS = {"bg1": (0, 17, 33, 56), "bg2": (0, 13, 25, 43)}

DecoderName = Literal["layered", "sum_product"]


class NrLdpc:
    """The code family at one rate.

    Parameters
    ----------
    coderate : information bits over coded bits, 1/5 to 0.95
    decoder : ``layered`` (:mod:`blocks.phy.ldpc.layered`), or ``sum_product``, which
        needs about twice as many iterations
    num_iter : most iterations
    early_stopping : stop when all checks hold (off to measure its gain)

    References
    ----------
    3GPP TS 38.212, 5.2.2 (segmentation), 5.3.2 (coding), 5.4.2 (rate matching; the
    circular buffer ends at rate 1/5). All blocks of a transmission have the same
    length, rounded up.
    """

    def __init__(
        self,
        coderate: float,
        *,
        decoder: DecoderName = "layered",
        num_iter: int = 20,
        early_stopping: bool = True,
    ):
        if not LOWEST <= coderate <= 0.95:
            raise ValueError(f"code rate must be 0.2 to 0.95, got {coderate}")
        self.coderate = coderate
        self._decoder = decoder, num_iter, early_stopping

    def segment(self, num_bits: int, overhead: int) -> tuple[int, int]:
        """Segment ``num_bits`` into equal blocks with ``overhead`` bits each.

        Output
        ------
        : number of blocks, and bits of each with its overhead
        """
        largest = 8448 if self._base_graph(num_bits + overhead) == "bg1" else 3840
        num_blocks = -(-num_bits // (largest - overhead))
        return num_blocks, max(-(-num_bits // num_blocks) + overhead, 12)

    def coded_bits(self, k: int) -> int:
        """Coded bits of a block of k bits at the code's rate."""
        return int(np.ceil(k / self.coderate - 1e-9))

    def encode(self, bits: np.ndarray, length: int, version: int = 0) -> np.ndarray:
        """Encode blocks.

        Input
        -----
        bits : [C, k], uint8
        length : coded bits to send for each block
        version : redundancy version, 0 to 3

        Output
        ------
        : [C, length], uint8
        """
        k = bits.shape[1]
        mother = self._mother(k, whole=version > 0)
        return mother.encode(bits)[:, mother.sent(k, length, version)]

    def decode(self, llr: np.ndarray, k: int) -> np.ndarray:
        """Decode blocks [C, length] of log p(1)/p(0) to bits [C, k], uint8."""
        return self.decode_versions({0: llr}, k)

    def decode_versions(self, received: Mapping[int, np.ndarray], k: int) -> np.ndarray:
        """Decode blocks received in several redundancy versions.

        Input
        -----
        received : by redundancy version, [C, length], float32, log p(1)/p(0), summed
            over its repetitions

        Output
        ------
        : [C, k], uint8
        """
        mother = self._mother(k, whole=any(received))
        full = mother.unsent(len(next(iter(received.values()))), k)
        for version, llr in received.items():
            full[:, mother.sent(k, llr.shape[1], version)] += llr
        return mother.decode(full)[:, :k]

    def sent(self, k: int, version: int) -> np.ndarray:
        """Positions of a version's coded bits in the circular buffer : [length]."""
        graph = self._graph(k, whole=True)
        return graph.sent(k, self.coded_bits(k), version)

    def _base_graph(self, k: int) -> str:
        """As in TS 38.212, 7.2.2, but base graph 2 for all rates below 1/3: Sionna has
        no repetition for base graph 1."""
        short = k <= 292 or (k <= 3824 and self.coderate <= 0.67)
        return "bg2" if short or self.coderate < 1 / 3 else "bg1"

    def _mother(self, k: int, *, whole: bool) -> "_Mother":
        return _mother(self._graph(k, whole=whole), *self._decoder)

    def _graph(self, k: int, *, whole: bool) -> "_Graph":
        """The graph for a block, whole or cut to this rate."""
        name = self._base_graph(k)
        columns, longest = (22, 8448) if name == "bg1" else _bg2_columns(k)
        lifting = next(z for z in LIFTING_SIZES if columns * z >= k)
        k = min(columns * lifting, longest)
        coderate = LOWEST if whole else self.coderate
        n = int(np.ceil(k / coderate / lifting)) * lifting
        return _Graph(name, k, min(n, lifting * COLUMNS[name], 5 * k), lifting)


def _bg2_columns(k: int) -> tuple[int, int]:
    """K_b of base graph 2, and the longest block for it (TS 38.212, 5.2.2)."""
    borders = ((6, 192), (8, 560), (9, 640), (10, 3840))
    return next((columns, longest) for columns, longest in borders if k <= longest)


@lru_cache(maxsize=128)  # a MiB or two each, made in a tenth of a second
def _mother(*args) -> "_Mother":
    return _Mother(*args)


class _Graph(NamedTuple):
    """A lifted base graph, or the front of one, with n coded bits."""

    name: str
    k: int
    n: int
    lifting: int

    def encoder(self) -> LDPC5GEncoder:
        """Sionna's encoder, which holds the code's matrices."""
        return LDPC5GEncoder(self.k, self.n, bg=self.name)

    @property
    def whole(self) -> bool:
        """Whether the graph has all columns."""
        return self.n == self.lifting * COLUMNS[self.name]

    def sent(self, k: int, length: int, version: int) -> np.ndarray:
        """Transmitted positions of the codeword, without filler, in circular order.

        The first two lifting sizes of information bits are never sent.
        """
        skipped = 2 * self.lifting
        positions = np.r_[0 : max(k - skipped, 0), self.k - skipped : self.n]
        if length > len(positions):
            raise ValueError(f"at most {len(positions)} coded bits, got {length}")
        columns, start = COLUMNS[self.name], STARTS[self.name][version]
        begin = start * self.n // (columns * self.lifting) * self.lifting
        return np.roll(positions, -np.searchsorted(positions, begin))[:length]


class _Mother:
    """Encoder and decoder of a graph."""

    def __init__(
        self, graph: _Graph, decoder: DecoderName, num_iter: int, early_stopping: bool
    ):
        self._graph = graph
        encoder = graph.encoder()
        self._systematic = Systematic(
            encoder._pcm_a_ind,
            encoder._pcm_b_inv_ind,
            encoder._pcm_c1_ind,
            encoder._pcm_c2_ind,
        )
        # information bits of the base graph; a shorter block is filled up to them
        self._information, skipped = encoder.k_ldpc, 2 * graph.lifting
        end = self._information + graph.n - (graph.k - skipped)
        self._codeword = np.r_[skipped : graph.k, self._information : end]
        # an unsent bit with a single check makes that check useless: drop both, except
        # in the core, whose bits have several checks; rows of the base graph stay whole
        core = self._information + 4 * graph.lifting
        self._length = max(-(-end // graph.lifting) * graph.lifting, core)
        checks = self._length - self._information
        decode = _decoder(decoder, encoder.pcm[:checks, : self._length], graph.lifting)
        self._decode = partial(decode, num_iter=num_iter, early_stopping=early_stopping)

    def sent(self, k: int, length: int, version: int) -> np.ndarray:
        """Transmitted bits of the base graph's code : [length]."""
        return self._codeword[self._graph.sent(k, length, version)]

    def encode(self, bits: np.ndarray) -> np.ndarray:
        """[C, k] to all bits of the base graph's code, uint8, filler included."""
        full = np.zeros((len(bits), self._information), np.uint8)
        full[:, : bits.shape[1]] = bits
        return encode(full, self._systematic)

    def unsent(self, num_blocks: int, k: int) -> np.ndarray:
        """LLRs of all bits of blocks before reception: known filler only, float32."""
        llr = np.zeros((num_blocks, self._length), np.float32)
        llr[:, k : self._information] = -KNOWN
        return llr

    def decode(self, llr: np.ndarray) -> np.ndarray:
        """LLRs of all bits to bits, uint8."""
        return self._decode(llr)


def _decoder(name: DecoderName, pcm, lifting: int) -> Callable[..., np.ndarray]:
    """The decoder of a parity-check matrix."""
    if name == "sum_product":
        return partial(belief_propagation.decode, edges=edges_of(pcm))
    from blocks.phy.ldpc import layered  # numba takes most of a second to import

    return partial(layered.decode, graph=layered.base_graph(pcm, lifting))
