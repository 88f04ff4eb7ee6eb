"""5G NR LDPC code by Sionna, with segmentation and rate matching to any length.

Sionna's encoder is built for one (k, n). Here one is built for each lifting size and
rate, at the full length of its base graph's information part; shorter blocks are
filled with zeros that are known and not sent, and the codeword is cut to the bits
that the budget allows. That is TS 38.212's own way, and it keeps the number of
graphs small however many image sizes there are.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
import tensorflow as tf
from sionna.phy.fec.ldpc import LDPC5GDecoder, LDPC5GEncoder

from blocks.early_stopping import EarlyStopping
from semlink.graph import compiled

LIFTING_SIZES = sorted(
    a * 2**j for a in (2, 3, 5, 7, 9, 11, 13, 15) for j in range(8) if a * 2**j <= 384
)
BATCHES = (8, 2)  # codewords at once: fixed, so that few shapes are compiled
_THREADS = ThreadPoolExecutor(min(4, len(os.sched_getaffinity(0))))
KNOWN = 20.0  # |LLR| of a bit that is known; Sionna clips there


class _Decoder(EarlyStopping, LDPC5GDecoder):
    """Sionna's 5G decoder, stopped early."""


class NrLdpc:
    """The code family at one rate.

    Parameters
    ----------
    coderate : information bits over coded bits, 1/5 to 0.95
    num_iter : most iterations of belief propagation
    early_stopping : stop when all checks of a batch hold (off to measure its gain)

    References
    ----------
    3GPP TS 38.212, 5.2.2 (segmentation), 5.3.2 (coding), 5.4.2 (rate matching, first
    redundancy version). All blocks of a transmission have one length, rounded up.
    """

    def __init__(
        self, coderate: float, *, num_iter: int = 20, early_stopping: bool = True
    ):
        if not 0.2 <= coderate <= 0.95:
            raise ValueError(f"code rate must be 0.2 to 0.95, got {coderate}")
        self.coderate = coderate
        self._num_iter = num_iter
        self._decoder = _Decoder if early_stopping else LDPC5GDecoder

    def segment(self, num_bits: int, overhead: int) -> tuple[int, int]:
        """Cut ``num_bits`` into equal blocks, each with ``overhead`` bits of its own.

        Output
        ------
        : number of blocks, bits of each with its overhead
        """
        largest = 8448 if self._base_graph(num_bits + overhead) == "bg1" else 3840
        num_blocks = -(-num_bits // (largest - overhead))
        return num_blocks, max(-(-num_bits // num_blocks) + overhead, 12)

    def coded_bits(self, k: int) -> int:
        """Coded bits that carry a block of k bits at the code's rate."""
        return int(np.ceil(k / self.coderate - 1e-9))

    def encode(self, bits: np.ndarray, length: int) -> np.ndarray:
        """Encode blocks.

        Input
        -----
        bits : [C, k], uint8
        length : coded bits to send for each block

        Output
        ------
        : [C, length], uint8
        """
        mother = self._mother(bits.shape[1])
        codewords = mother.encode(bits)
        return codewords[:, mother.sent(bits.shape[1], length)]

    def decode(self, llr: np.ndarray, k: int) -> np.ndarray:
        """Decode blocks of k bits.

        Input
        -----
        llr : [C, length], float32, log p(1)/p(0)

        Output
        ------
        : [C, k], uint8
        """
        mother = self._mother(k)
        full = mother.unsent(len(llr), k)
        full[:, mother.sent(k, llr.shape[1])] = llr
        return mother.decode(full)[:, :k]

    def _base_graph(self, k: int) -> str:
        """As TS 38.212, 7.2.2, but base graph 2 for all rates below 1/3: Sionna's
        base graph 1 has no repetition to go lower with."""
        short = k <= 292 or (k <= 3824 and self.coderate <= 0.67)
        return "bg2" if short or self.coderate < 1 / 3 else "bg1"

    def _mother(self, k: int) -> "_Mother":
        base_graph = self._base_graph(k)
        columns, longest = (22, 8448) if base_graph == "bg1" else _bg2_columns(k)
        lifting = next(z for z in LIFTING_SIZES if columns * z >= k)
        return _mother(
            min(columns * lifting, longest),
            lifting,
            base_graph,
            self.coderate,
            self._num_iter,
            self._decoder,
        )


def _bg2_columns(k: int) -> tuple[int, int]:
    """K_b of base graph 2, and the longest block it is for (TS 38.212, 5.2.2)."""
    borders = ((6, 192), (8, 560), (9, 640), (10, 3840))
    return next((columns, longest) for columns, longest in borders if k <= longest)


@lru_cache(maxsize=128)
def _mother(*args) -> "_Mother":
    return _Mother(*args)


class _Mother:
    """One lifted base graph with its compiled encoder and decoder."""

    def __init__(self, k, lifting, base_graph, coderate, num_iter, decoder):
        self.k = k
        longest = lifting * (66 if base_graph == "bg1" else 50)
        n = min(int(np.ceil(k / coderate / lifting)) * lifting, longest, 5 * k)
        encoder = LDPC5GEncoder(k, n, bg=base_graph)
        self.n, self._lifting = n, encoder.z
        self._encode = compiled(encoder, level="xla", name="ldpc encoder")
        # Sionna's pruning takes the whole graph away where there is nothing to prune
        prune = n < longest
        bp = decoder(encoder, num_iter=num_iter, llr_max=KNOWN, prune_pcm=prune)
        self._decode = compiled(bp, level="xla", name="ldpc decoder")

    def encode(self, bits: np.ndarray) -> np.ndarray:
        """[C, k' <= k] to whole codewords [C, n], zeros where there is filler."""
        full = np.zeros((len(bits), self.k), np.float32)
        full[:, : bits.shape[1]] = bits
        return _in_batches(self._encode, full, filler=0.0)

    def sent(self, k: int, length: int) -> np.ndarray:
        """Positions of the codeword that are sent: no filler, from the front.

        The code never sends its first two lifting sizes of information bits.
        """
        first_filler = max(k - 2 * self._lifting, 0)
        first_parity = self.k - 2 * self._lifting
        positions = np.r_[0:first_filler, first_parity : self.n]
        if length > len(positions):
            raise ValueError(f"at most {len(positions)} coded bits, got {length}")
        return positions[:length]

    def unsent(self, num_blocks: int, k: int) -> np.ndarray:
        """LLRs of codewords of which nothing was received : [C, n], float32."""
        llr = np.zeros((num_blocks, self.n), np.float32)
        llr[:, max(k - 2 * self._lifting, 0) : self.k - 2 * self._lifting] = -KNOWN
        return llr

    def decode(self, llr: np.ndarray) -> np.ndarray:
        """[C, n] to [C, k]; all-zero codewords, soon decoded, fill up a batch."""
        return _in_batches(self._decode, llr, filler=-KNOWN)


def _in_batches(function, rows: np.ndarray, *, filler: float) -> np.ndarray:
    """Apply a compiled function to rows [C, n], in batches of few sizes.

    Batches run side by side: XLA leaves much of a second core idle.
    """

    def apply(batch: np.ndarray) -> np.ndarray:
        size = next(s for s in reversed(BATCHES) if len(batch) <= s)
        full = np.full((size, rows.shape[1]), filler, np.float32)
        full[: len(batch)] = batch
        return function(tf.constant(full)).numpy()[: len(batch)].astype(np.uint8)

    batches = [rows[i : i + BATCHES[0]] for i in range(0, len(rows), BATCHES[0])]
    return np.concatenate(list(_THREADS.map(apply, batches)))
