"""Measure at which SNR each modulation and coding scheme reaches the target BLER."""

import csv
import io

import numpy as np

from blocks.bicm import CRC_BITS, Bicm, Mcs
from blocks.mcs import BLER_TARGET, LENGTHS, SCHEMES, TABLE
from channels.awgn import Awgn
from semlink import rng
from semlink.checkpoint import write_whole
from semlink.graph import compiled
from semlink.units import linear_to_db

COARSE_DB, FINE_DB = 0.5, 0.125
FEW = 10  # block errors below which an error rate is not believed
BATCH = 64


def measure(num_blocks: int) -> None:
    """Write the table that :mod:`blocks.mcs` reads.

    Parameters
    ----------
    num_blocks : code blocks simulated at each SNR
    """
    channel = compiled(Awgn(), level="graph", name="channel")
    rows = []
    for index, mcs in enumerate(SCHEMES):
        for length in LENGTHS:
            if mcs.coderate < 1 / 3 and length > 3840:
                continue  # base graph 2 has no longer blocks
            snr_db = threshold(mcs, length, num_blocks, channel)
            rows.append((index, *mcs, length, round(snr_db, 3), num_blocks))
            print(f"{index:3d} {mcs.num_bits_per_symbol} bits, rate {mcs.coderate:.3f}, "
                  f"k {length}: {snr_db:.2f} dB", flush=True)  # fmt: skip
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ("mcs", "num_bits_per_symbol", "coderate", "length", "snr_db", "blocks")
    )
    writer.writerows(rows)
    write_whole(TABLE, text.getvalue().encode())


def threshold(mcs: Mcs, length: int, num_blocks: int, channel) -> float:
    """Es/N0 [dB] at the target BLER.

    The error rate is measured where it is high enough to be, on a fine grid, and its
    logarithm continued along the last slope. The curve steepens, so that the SNR is
    rather a little too high than too low.
    """
    snr_db = linear_to_db(2**mcs.efficiency - 1)
    while bler(mcs, length, snr_db, BATCH, channel) > 0.9:
        snr_db += COARSE_DB
    curve = []
    while True:
        rate = bler(mcs, length, snr_db, num_blocks, channel)
        if rate * num_blocks < FEW:
            break
        curve.append((snr_db, np.log10(rate)))
        snr_db += FINE_DB
    if len(curve) < 2:
        return snr_db
    (snr0, log0), (snr1, log1) = curve[-2:]
    return snr1 + (np.log10(BLER_TARGET) - log1) * (snr1 - snr0) / min(log1 - log0, -0.1)


def bler(mcs: Mcs, length: int, snr_db: float, num_blocks: int, channel) -> float:
    """Block error rate over AWGN of blocks of ``length`` bits, CRC included.

    Output
    ------
    : share of blocks that do not pass their CRC
    """
    chain = Bicm(mcs)
    generator = np.random.default_rng(length)
    failed = 0
    for start in range(0, num_blocks, BATCH):
        rng.seed_everything(rng.seed_of(1, f"{mcs} {length} {snr_db:.4f}", start))
        for bits in generator.integers(0, 2, (BATCH, length - CRC_BITS), np.uint8):
            failed += _transmit(chain, bits, snr_db, channel)
    return failed / (BATCH * -(-num_blocks // BATCH))
