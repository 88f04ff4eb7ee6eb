"""Block error rates of the layered decoder are those of exact belief propagation."""

import numpy as np
import pytest

from blocks.phy.bicm import Bicm, Mcs
from channels.awgn import Awgn
from semlink.compiled_channel import compiled_channel
from semlink.rng import Course
from semlink.units import linear_to_db

WITHIN_DB = 0.05
WORDS, FEW = 768, 128
CHANNEL = compiled_channel(Awgn())


def failures(chain: Bicm, k: int, snr_db: float, count: int) -> np.ndarray:
    """Whether words fail : [count], bool; the same words and noise for all chains."""
    failed = []
    for first in range(0, count, FEW):
        words = np.random.default_rng(first).integers(0, 2, (FEW, k), np.uint8)
        rx = CHANNEL(chain.modulate(words)[None], np.float32(snr_db), Course(first))
        layout = chain.layout(k - 24)._replace(num_blocks=FEW)
        x_hat, no = np.asarray(rx.x_hat)[0], np.asarray(rx.no)[0]
        decoded = chain.demodulate(x_hat, no, layout)
        failed.append(np.any(words != decoded, axis=1))
    return np.concatenate(failed)


def waterfall_db(chain: Bicm, k: int) -> float:
    """Es/N0 [dB] at which about one block in a hundred fails."""
    snr_db = linear_to_db(2**chain.mcs.efficiency - 1)
    while failures(chain, k, snr_db, FEW).mean() > 0.02:
        snr_db += 0.1
    return snr_db


@pytest.mark.slow
@pytest.mark.parametrize("num_bits_per_symbol", [2, 4, 6, 8])
@pytest.mark.parametrize("coderate", [1 / 3, 2 / 3, 5 / 6])
@pytest.mark.parametrize("k", [1024, 5632])
def test_layered_loses_less_than_a_twentieth_of_a_decibel(
    k, coderate, num_bits_per_symbol
):
    mcs = Mcs(num_bits_per_symbol, coderate)
    layered = Bicm(mcs, decoder="layered", num_iter=20)
    exact = Bicm(mcs, decoder="sum_product", num_iter=40)
    snr_db = waterfall_db(layered, k)
    ours = failures(layered, k, snr_db + WITHIN_DB, WORDS)
    theirs = failures(exact, k, snr_db, WORDS)
    different = np.count_nonzero(ours != theirs)
    excess = ours.sum() - theirs.sum()
    print(f"{mcs} k {k} {snr_db:.2f} dB: {ours.sum()}, {theirs.sum()} of {WORDS} fail")
    assert excess <= 2 * np.sqrt(different)
