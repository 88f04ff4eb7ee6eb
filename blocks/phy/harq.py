"""Hybrid ARQ: failed code blocks are retransmitted and combined.

Synchronous and non-adaptive: both ends know the blocks, redundancy version and length
of the next transmission without signalling. Acknowledgements, one bit for each block,
arrive without error.

References
----------
3GPP TS 38.212, 5.4.2.1 (circular buffer, redundancy versions); the order 0, 2, 3, 1 is
that of TS 38.214, table 6.1.2.1-2. NR acknowledges up to eight groups of blocks, here
each block.
"""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from blocks.phy.bicm import CRC_BITS, Bicm, checked, with_crc
from blocks.phy.repetition import combined

HarqMode = Literal["none", "chase", "ir"]
MaxTransmissions = Annotated[int, Field(ge=1, le=16)]

VERSIONS = {"none": (0,), "chase": (0,), "ir": (0, 2, 3, 1)}


def version(mode: HarqMode, count: int) -> int:
    """Redundancy version of a block after ``count`` transmissions."""
    return VERSIONS[mode][count % len(VERSIONS[mode])]


def modulate_again(
    chain: Bicm, blocks: np.ndarray, mode: HarqMode, count: int
) -> np.ndarray:
    """Information bits [C, K] of blocks that failed ``count`` times, as symbols."""
    return chain.modulate(with_crc(blocks), version(mode, count))


class SoftBlocks:
    """Soft buffer of a receiver for the code blocks of one picture.

    Parameters
    ----------
    chain : digital chain of the transmission
    num_bits : information bits of all blocks
    mode : ``chase`` repeats the same symbols, ``ir`` sends further coded bits
    """

    def __init__(self, chain: Bicm, num_bits: int, mode: HarqMode = "none"):
        self._chain, self._mode = chain, mode
        self._layout = layout = chain.layout(num_bits)
        # by redundancy version: symbols weighted by their SNR, and the sum of weights
        self._received: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._heard = 0
        self.data = np.zeros((layout.num_blocks, layout.k - CRC_BITS), np.uint8)
        self.intact = np.zeros(layout.num_blocks, bool)

    @property
    def num_symbols(self) -> int:
        """Number of symbols of the next transmission: those of failed blocks."""
        missing = int(np.sum(~self.intact))
        return missing * self._layout.length // self._chain.mcs.num_bits_per_symbol

    def take(self, x_hat: np.ndarray, no: np.ndarray) -> None:
        """Combine and decode the blocks that are not intact.

        Input
        -----
        x_hat : [num_symbols], complex64, equalised symbols
        no : [num_symbols], float32, their noise variance
        """
        rows = np.flatnonzero(~self.intact)
        weight = (1 / no).reshape(len(rows), -1)
        now = version(self._mode, self._heard)
        if now not in self._received:
            shape = len(self.intact), weight.shape[1]
            self._received[now] = np.zeros(shape, np.complex64), np.zeros(shape)
        weighed, weights = self._received[now]
        weighed[rows] += weight * x_hat.reshape(weight.shape)
        weights[rows] += weight
        self._heard += 1
        self.data[rows], self.intact[rows] = checked(self._decoded(rows))

    def _decoded(self, rows: np.ndarray) -> np.ndarray:
        """Decode blocks; repeated symbols are combined before demapping."""
        layout = self._layout._replace(num_blocks=len(rows))
        llr = {}
        for number, (weighed, weights) in self._received.items():
            received = combined(weighed[rows].ravel(), weights[rows].ravel())
            llr[number] = self._chain.soft(*received, layout)
        return self._chain.decode_versions(llr, self._layout.k)
