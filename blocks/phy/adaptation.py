"""Link adaptation: the scheme that a channel supports, and expected retransmissions.

A code block decodes if its bits have the mutual information of an AWGN channel on which
it decodes. Bits received twice have the sum of the SNRs.

References
----------
K. Brueninghaus et al., "Link performance models for system level simulations of
broadband radio access systems", PIMRC 2005 (mutual information as effective SNR).
G. Caire, D. Tuninetti, "The throughput of hybrid-ARQ protocols for the Gaussian
collision channel", IEEE Trans. Inf. Theory, 2001 (rate over mean transmissions).
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from blocks.phy.bicm import Bicm, Mcs
from blocks.phy.harq import HarqMode, version
from blocks.phy.ldpc.nr import NrLdpc
from blocks.phy.mcs import BLER_TARGET, SCHEMES, bler, needed, snr_at, waterfall
from blocks.phy.mutual_information import information, snr_of
from semlink.protocols import Csi
from semlink.units import db_to_linear, linear_to_db

LOW_RATE = 1  # scheme of rate 1/3, the rate of the whole base graph 1
LOST = 0.01  # largest share of images that are lost after the last transmission
LENGTHS_PER_OCTAVE = 8  # lengths of code blocks for the choice of a scheme


class Outlook(NamedTuple):
    """Expected quality of code blocks after each transmission.

    csi : statistics of the channel, or those given its state; hashable
    mode : HARQ mode
    margin_db : reserve in SNR for the choice of a scheme
    """

    csi: Csi
    mode: HarqMode
    margin_db: float

    def failing(self, mcs: Mcs, length: int) -> np.ndarray:
        """Block error rate after each transmission : [T]."""
        hoped = _snrs(self._replace(margin_db=0.0), mcs, length)
        return np.array([bler(mcs, length, snr_db).mean() for snr_db in hoped])

    def lost(self, mcs: Mcs, length: int, num_blocks: int = 1) -> bool:
        """Whether more than 1 % of the blocks stay below the threshold in the end.

        Above the threshold, at most 1 % of the images of ``num_blocks`` are lost, and
        at most 0.1 % of the blocks.
        """
        in_the_end = _snrs(self, mcs, length)[-1]
        target = min(BLER_TARGET, LOST / num_blocks)
        return np.quantile(in_the_end, LOST) < snr_at(mcs, length, target)


# Cached here and not in the plans, of which there are many.
@lru_cache(maxsize=64)
def _snrs(outlook: Outlook, mcs: Mcs, length: int) -> list[np.ndarray]:
    """Effective Es/N0 [dB] of blocks after each transmission : [T] arrays [S]."""
    csi, mode, margin_db = outlook
    order, found = mcs.num_bits_per_symbol, []
    for count in range(1, _received(csi, margin_db).shape[1] + 1):
        shares = _heard(mcs.coderate, length, mode, count)
        parts = ((w, _information(csi, margin_db, order, k)) for k, w in shares.items())
        bits = sum(weight * part for weight, part in parts)
        found.append(snr_of(order, bits * _efficiency(mcs, length, len(shares))))
    return found


@lru_cache(maxsize=256)
def _information(csi: Csi, margin_db: float, order: int, who: tuple[int, ...]):
    """Mean information of a bit received in the transmissions ``who`` : [S]."""
    snr_db = linear_to_db(_received(csi, margin_db)[:, who].sum(axis=1))
    return information(order, snr_db).mean(axis=-1)


@lru_cache(maxsize=2)
def _received(csi: Csi, margin_db: float) -> np.ndarray:
    """Es/N0 of symbols, linear : [S, T, L]."""
    return db_to_linear(csi.symbols_db - margin_db)


def _efficiency(mcs: Mcs, length: int, num_shares: int) -> float:
    """Efficiency of mutual information when versions combine to a code of low rate.

    Such a code needs more information per bit than one of high rate; the measured
    scheme ``LOW_RATE`` gives the ratio.
    """
    if num_shares == 1:
        return 1.0
    half_db = waterfall(mcs, length).half_db
    own = float(information(mcs.num_bits_per_symbol, half_db)) / mcs.coderate
    return min(1.0, own / needed(LOW_RATE, length))


@lru_cache(maxsize=4096)
def _heard(coderate: float, length: int, mode: HarqMode, count: int):
    """{transmissions that contain a bit: number of such bits, over those of the first}.

    ``count`` is the number of transmissions.
    """
    if mode != "ir":
        return {tuple(range(count)): 1.0}
    code = NrLdpc(coderate)
    times = [code.sent(length, version(mode, index)) for index in range(count)]
    there = np.zeros(max(map(np.max, times)) + 1, int)
    for index, positions in enumerate(times):
        there[positions] |= 1 << index
    often = np.bincount(there)
    return {
        tuple(i for i in range(count) if who >> i & 1): often[who] / len(times[0])
        for who in np.flatnonzero(often).tolist()
        if who
    }


def choose_by_throughput(expected: Outlook, num_bits: int) -> int:
    """The scheme of highest throughput, retransmissions included.

    Parameters
    ----------
    expected : expected quality of code blocks
    num_bits : length of the transmission, which sets its code blocks

    Output
    ------
    : index into ``SCHEMES``, among those that :meth:`Outlook.lost` admits; the most
        robust scheme if there is none
    """
    layouts = [Bicm(mcs).layout(num_bits) for mcs in SCHEMES]
    rates = [
        _rate(expected, mcs, _shortened(layout.k), _at_least(layout.num_blocks))
        for mcs, layout in zip(SCHEMES, layouts, strict=True)
    ]
    return int(np.argmax(rates))


@lru_cache(maxsize=16384)
def _rate(expected: Outlook, mcs: Mcs, length: int, num_blocks: int) -> float:
    """Bits per channel use, retransmissions included; 0 if too many blocks are lost."""
    if expected.lost(mcs, length, num_blocks):
        return 0.0
    return mcs.efficiency / (1 + expected.failing(mcs, length)[:-1].sum())


def _shortened(length: int) -> int:
    """The next lower of few lengths, whose blocks are no more reliable."""
    step = 2 ** max(length.bit_length() - LENGTHS_PER_OCTAVE.bit_length(), 0)
    return length - length % step


def _at_least(num_blocks: int) -> int:
    """The next power of two, for few numbers of blocks."""
    return 1 << (num_blocks - 1).bit_length()
