"""Measure the SNR at which each scheme reaches the target block error rate."""

import csv
import io

import numpy as np

from blocks.phy.bicm import CRC_BITS, Bicm, Mcs
from blocks.phy.mcs import BLER_TARGET, LENGTHS, SCHEMES, TABLE
from channels.awgn import Awgn
from semlink.compiled_channel import compiled_channel
from semlink.rng import Course, seed_of
from semlink.store.files import write_whole
from semlink.units import linear_to_db

HEADER = (
    "mcs",
    "num_bits_per_symbol",
    "coderate",
    "length",
    "half_db",
    "snr_db",
    "blocks",
)
FEW = 10  # least block errors of a reliable error rate
FITTED = 4  # last points of the curve, used for the fit
# Blocks of the longest length that are decoded at once; of others, up to 16 times as
# many are sent and decoded, for they are as cheap.
BATCH, LONGEST, MOST = 64, 8448, 16


def measure(num_blocks: int) -> None:
    """Write the table that :mod:`blocks.phy.mcs` reads.

    Parameters
    ----------
    num_blocks : code blocks simulated at each SNR
    """
    channel = compiled_channel(Awgn())
    rows = []
    for index, mcs in enumerate(SCHEMES):
        for length in LENGTHS:
            if mcs.coderate < 1 / 3 and length > 3840:
                continue  # base graph 2 has no blocks of that length
            half_db, first_db = half(mcs, length, channel)
            snr_db = threshold(mcs, length, num_blocks, channel, first_db)
            sent = _sent(length, num_blocks)
            rows.append(
                (index, *mcs, length, round(half_db, 3), round(snr_db, 3), sent)
            )
            print(f"{index:2d} {mcs} k {length}: {snr_db:.2f} dB", flush=True)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(rows)
    write_whole(TABLE, text.getvalue().encode())


def half(mcs: Mcs, length: int, channel) -> tuple[float, float]:
    """Es/N0 [dB] at which half of the blocks fail, and the next grid point."""
    step_db = _step_db(length)
    snr_db, before, rate = linear_to_db(2**mcs.efficiency - 1) - step_db, 1.0, 1.0
    while rate > 0.5:
        snr_db, before = snr_db + step_db, rate
        rate = bler(mcs, length, snr_db, _sent(length, BATCH), channel)
    back = step_db * (0.5 - rate) / (before - rate) if before > rate else 0.0
    return float(snr_db - back), float(snr_db)


def threshold(mcs: Mcs, length: int, num_blocks: int, channel, snr_db: float) -> float:
    """Es/N0 [dB] at the target BLER, upward from ``snr_db``.

    The error rate is measured on a fine grid while it is high enough. A line through
    the last of its logarithms gives the target, by extrapolation for long blocks: the
    curve steepens, so the SNR is slightly too high rather than too low.
    """
    num_blocks, step_db = _sent(length, num_blocks), _step_db(length)
    curve = []
    while True:
        rate = bler(mcs, length, snr_db, num_blocks, channel)
        if rate * num_blocks < FEW:
            break
        curve.append((snr_db, np.log10(rate)))
        snr_db += step_db
    if len(curve) < 2:
        return snr_db
    slope, offset = np.polyfit(*zip(*curve[-FITTED:], strict=True), 1)
    return float((np.log10(BLER_TARGET) - offset) / slope)


def _step_db(length: int) -> float:
    """Step of the grid; long blocks have steep curves."""
    return 0.125 if length > 2000 else 0.25


def _sent(length: int, num_blocks: int) -> int:
    """Blocks sent at each SNR, in whole batches; short ones are cheap."""
    return -(-num_blocks // BATCH) * BATCH * min(LONGEST // length, MOST)


def bler(mcs: Mcs, length: int, snr_db: float, num_blocks: int, channel) -> float:
    """Block error rate over AWGN of blocks of ``length`` bits, CRC included.

    Output
    ------
    : share of blocks decoded with errors
    """
    chain = Bicm(mcs)
    generator = np.random.default_rng(length)
    layout = chain.layout(length - CRC_BITS)
    size = min(num_blocks, BATCH * min(LONGEST // length, MOST))
    layout = layout._replace(num_blocks=size)
    failed, batches = 0, -(-num_blocks // size)
    for batch in range(batches):
        course = Course(seed_of(1, f"{mcs} {length} {snr_db:.4f}", batch))
        sent = generator.integers(0, 2, (size, length), np.uint8)
        rx = channel(chain.modulate(sent)[None], np.float32(snr_db), course)
        x_hat, no = np.asarray(rx.x_hat)[0], np.asarray(rx.no)[0]
        decoded = chain.demodulate(x_hat, no, layout)
        failed += int(np.any(sent != decoded, axis=1).sum())
    return failed / (batches * size)
