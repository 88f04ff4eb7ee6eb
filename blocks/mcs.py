"""Modulation and coding schemes, and which of them an SNR carries.

``mcs.csv`` beside this file is measured with the project's own chain over AWGN
(``make mcs-table``): the Es/N0 at which a code block of a given length reaches the
target error rate, continued from the error rates above one or two per cent that so
many blocks can show.
"""

import csv
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from blocks.bicm import Bicm, Mcs

TABLE = Path(__file__).with_suffix(".csv")
BLER_TARGET = 1e-3

# Rates (over 1024) and orders after TS 38.214, table 5.1.3.1-2, thinned out to steps
# of about a decibel; the first is the lowest rate of the code, and the paper's
# 16-QAM with rate 2/3 is among them.
SCHEMES = (
    Mcs(2, 1 / 5),
    Mcs(2, 1 / 3),
    Mcs(2, 449 / 1024),
    Mcs(2, 602 / 1024),
    Mcs(4, 378 / 1024),
    Mcs(4, 490 / 1024),
    Mcs(4, 616 / 1024),
    Mcs(4, 2 / 3),
    Mcs(6, 517 / 1024),
    Mcs(6, 616 / 1024),
    Mcs(6, 719 / 1024),
    Mcs(6, 822 / 1024),
    Mcs(8, 711 / 1024),
    Mcs(8, 797 / 1024),
    Mcs(8, 885 / 1024),
    Mcs(8, 948 / 1024),
)
LENGTHS = (256, 1024, 8448)  # bits of the code blocks that are measured


class Threshold(NamedTuple):
    """Es/N0 [dB] at which blocks of ``length`` bits reach the target BLER."""

    mcs: int
    length: int
    snr_db: float


@lru_cache(maxsize=1)
def thresholds() -> tuple[Threshold, ...]:
    """Read the measured table."""
    with open(TABLE, newline="") as file:
        rows = list(csv.DictReader(file))
    return tuple(
        Threshold(int(r["mcs"]), int(r["length"]), float(r["snr_db"])) for r in rows
    )


def choose(snr_db: float, num_symbols: int) -> int:
    """The fastest scheme that an SNR carries; the most robust one below all.

    Parameters
    ----------
    snr_db : Es/N0 at the receiver, fed back
    num_symbols : length of the transmission, from which its block length follows

    Output
    ------
    : index into :data:`SCHEMES`
    """
    carried = [
        index
        for index, mcs in enumerate(SCHEMES)
        if snr_db >= threshold_db(index, _block_length(mcs, num_symbols))
    ]
    return max(carried, key=lambda index: SCHEMES[index].efficiency, default=0)


def threshold_db(mcs: int, length: int) -> float:
    """Es/N0 that a scheme needs for blocks of a length, between those measured."""
    rows = [row for row in thresholds() if row.mcs == mcs]
    lengths = np.log([row.length for row in rows])
    return float(np.interp(np.log(length), lengths, [row.snr_db for row in rows]))


def _block_length(mcs: Mcs, num_symbols: int) -> int:
    num_bits = max(int(num_symbols * mcs.efficiency), 8)
    return Bicm(mcs).layout(num_bits).k
