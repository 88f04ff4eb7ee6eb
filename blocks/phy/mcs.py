"""Modulation and coding schemes, and the error rates of their code blocks.

``mcs.csv`` is measured with the project's own chain over AWGN (``make mcs-table``): the
Es/N0 at which a code block of a given length reaches the target error rate, on a line
through the last measured error rates: down to 6e-4 for blocks of up to 256 bits, and to
1e-2, from which the line is continued, for the longest.
"""

import csv
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from blocks.phy.bicm import Mcs
from blocks.phy.mutual_information import information, snr_of

TABLE = Path(__file__).with_suffix(".csv")
BLER_TARGET = 1e-3

# Rates (over 1024) and orders after TS 38.214, table 5.1.3.1-2, thinned out to steps of
# about 1 dB; the first is the lowest rate of the code; the paper's 16-QAM with rate 2/3
# is included.
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
LENGTHS = (40, 64, 128, 256, 1024, 8448)  # bits of the measured code blocks


class Threshold(NamedTuple):
    """A row of the table: the :class:`Waterfall` of blocks of ``length`` bits."""

    mcs: int
    length: int
    half_db: float
    snr_db: float


class Waterfall(NamedTuple):
    """Es/N0 [dB] at a BLER of 1/2, and at the target BLER."""

    half_db: float
    snr_db: float


@lru_cache(maxsize=1)
def thresholds() -> tuple[Threshold, ...]:
    """Read the measured table."""
    with open(TABLE, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return tuple(
        Threshold(
            int(r["mcs"]), int(r["length"]), float(r["half_db"]), float(r["snr_db"])
        )
        for r in rows
    )


def threshold_db(mcs: int, length: int) -> float:
    """Es/N0 [dB] of a scheme at the target BLER, interpolated to a block length."""
    return _measured(mcs, length).snr_db


@lru_cache(maxsize=4096)
def waterfall(mcs: Mcs, length: int) -> Waterfall:
    """Waterfall of any scheme.

    The mutual information that a block needs per bit depends on the code, not on the
    modulation; it is interpolated between the measured rates.
    """
    if mcs in SCHEMES:
        return _measured(SCHEMES.index(mcs), length)
    known = sorted(range(len(SCHEMES)), key=lambda i: SCHEMES[i].coderate)
    rates = [SCHEMES[i].coderate for i in known]
    steep = [np.subtract(*_measured(i, length)[::-1]) for i in known]
    bits = np.interp(mcs.coderate, rates, [needed(i, length) for i in known])
    half_db = float(snr_of(mcs.num_bits_per_symbol, bits * mcs.coderate))
    return Waterfall(half_db, half_db + float(np.interp(mcs.coderate, rates, steep)))


@lru_cache(maxsize=4096)
def needed(mcs: int, length: int) -> float:
    """Mutual information per information bit at which half of the blocks decode."""
    order, coderate = SCHEMES[mcs]
    return float(information(order, _measured(mcs, length).half_db)) / coderate


def bler(mcs: Mcs, length: int, snr_db: np.ndarray) -> np.ndarray:
    """Block error rate over AWGN: a Gaussian tail through the two measured points."""
    half_db, target_db = waterfall(mcs, length)
    return ndtr((half_db - snr_db) / (target_db - half_db) * -ndtri(BLER_TARGET))


def snr_at(mcs: Mcs, length: int, target: float) -> float:
    """Es/N0 [dB] of a ``target`` error rate of blocks: the inverse of :func:`bler`."""
    half_db, target_db = waterfall(mcs, length)
    return half_db + (target_db - half_db) * ndtri(target) / ndtri(BLER_TARGET)


def _measured(mcs: int, length: int) -> Waterfall:
    rows = [row for row in thresholds() if row.mcs == mcs]
    lengths = np.log([row.length for row in rows])
    columns = zip(*(row[2:] for row in rows), strict=True)
    return Waterfall(*(float(np.interp(np.log(length), lengths, c)) for c in columns))
