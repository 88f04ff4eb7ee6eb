"""Link adaptation: which scheme a channel carries, and what it takes to get across.

A code block decodes where the mutual information that its bits arrive with is that of
an AWGN channel on which it decodes. What is heard twice has the sum of the SNRs.

References
----------
K. Brueninghaus et al., "Link performance models for system level simulations of
broadband radio access systems", PIMRC 2005 (mutual information as effective SNR).
G. Caire, D. Tuninetti, "The throughput of hybrid-ARQ protocols for the Gaussian
collision channel", IEEE Trans. Inf. Theory, 2001 (rate over mean transmissions).
"""

import hashlib
from functools import cache, lru_cache

import numpy as np

from blocks.bicm import Mcs
from blocks.harq import HarqMode, version
from blocks.ldpc import NrLdpc
from blocks.mcs import SCHEMES, bler, block_length, waterfall
from blocks.mutual_information import information, snr_of
from semlink.protocols import Csi
from semlink.units import db_to_linear, linear_to_db

LOW_RATE = 1  # scheme, of rate 1/3, which is that of the whole base graph 1
LOST = 0.01  # share of blocks that may have too little in the end


class Outlook:
    """What blocks may have received after each transmission, by the CSI fed back.

    Two of the same are equal, so that plans made of them are.

    Parameters
    ----------
    csi : statistics of the channel, or what is known of its state
    mode : how blocks are sent again
    margin_db : that is kept in reserve
    """

    def __init__(self, csi: Csi, mode: HarqMode, margin_db: float):
        self._snr = db_to_linear(np.asarray(csi.symbols_db) - margin_db)  # [S, T, L]
        self._mode = mode
        self._digest = hashlib.sha256(self._snr.tobytes() + mode.encode()).digest()
        self._information = cache(self._information_of)
        self._snrs = cache(self._snrs_of)

    def __eq__(self, other) -> bool:
        return isinstance(other, Outlook) and self._digest == other._digest

    def __hash__(self) -> int:
        return hash(self._digest)

    def failing(self, mcs: Mcs, length: int) -> np.ndarray:
        """Share of blocks that do not decode after each transmission : [T]."""
        return np.array([bler(mcs, length, s).mean() for s in self._snrs(mcs, length)])

    def lost(self, mcs: Mcs, length: int) -> bool:
        """Whether more than one block in a hundred has too little in the end."""
        in_the_end = self._snrs(mcs, length)[-1]
        return np.quantile(in_the_end, LOST) < waterfall(mcs, length).snr_db

    def _snrs_of(self, mcs: Mcs, length: int) -> list[np.ndarray]:
        """Es/N0 [dB] that each transmission brings blocks to : [T] arrays [S]."""
        order = mcs.num_bits_per_symbol
        found = []
        for count in range(1, self._snr.shape[1] + 1):
            shares = _heard(mcs.coderate, length, self._mode, count)
            bits = sum(w * self._information(order, who) for who, w in shares.items())
            found.append(snr_of(order, bits * _efficiency(mcs, length, len(shares))))
        return found

    def _information_of(self, order: int, who: tuple[int, ...]) -> np.ndarray:
        """Mean information of a bit that was heard in these transmissions : [S]."""
        snr_db = linear_to_db(self._snr[:, who].sum(axis=1))
        return information(order, snr_db).mean(axis=-1)


@lru_cache(maxsize=1024)
def _efficiency(mcs: Mcs, length: int, num_shares: int) -> float:
    """What mutual information is worth where versions make up a code of low rate.

    Such a code needs more of it for each bit than one of high rate does; how much, a
    scheme of low rate shows.
    """
    if num_shares == 1:
        return 1.0
    return min(1.0, _needed(mcs, length) / _needed(SCHEMES[LOW_RATE], length))


def _needed(mcs: Mcs, length: int) -> float:
    """Mutual information over bits at which half of the blocks decode."""
    half_db = waterfall(mcs, length).half_db
    return float(information(mcs.num_bits_per_symbol, half_db)) / mcs.coderate


@lru_cache(maxsize=4096)
def _heard(coderate: float, length: int, mode: HarqMode, count: int):
    """{in which of so many transmissions: coded bits, over those of the first}."""
    if mode != "ir":
        return {tuple(range(count)): 1.0}
    code = NrLdpc(coderate)
    times = [code.sent(length, version(mode, index)) for index in range(count)]
    there = np.zeros((max(map(np.max, times)) + 1, count), bool)
    for index, positions in enumerate(times):
        there[positions, index] = True
    which, often = np.unique(there[there.any(axis=1)], axis=0, return_counts=True)
    return {
        tuple(np.flatnonzero(row).tolist()): number / len(times[0])
        for row, number in zip(which, often, strict=True)
    }


def choose_by_throughput(expected: Outlook, num_symbols: int) -> int:
    """The scheme that delivers most bits per channel use, transmissions counted.

    Parameters
    ----------
    expected : what blocks will have received
    num_symbols : length of the transmission, from which its block length follows

    Output
    ------
    : index into ``SCHEMES``, of those that lose no block in a hundred; of none, the
        most robust
    """
    rates = {}
    for index, mcs in enumerate(SCHEMES):
        length = block_length(mcs, num_symbols)
        if not expected.lost(mcs, length):
            sent = 1 + expected.failing(mcs, length)[:-1].sum()
            rates[index] = mcs.efficiency / sent
    return max(rates, key=rates.get, default=0)
