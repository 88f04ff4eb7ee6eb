"""The coded link on AWGN: where it fails, and that it never beats capacity."""

import numpy as np
import pytest
from scipy.stats import norm

from blocks.phy.bicm import Bicm, Layout, Mcs
from blocks.phy.mcs import SCHEMES

# 5G LDPC, k = 1024, n = 1536, 16-QAM, 20 iterations of boxplus-phi in stock Sionna
REFERENCE = {8.5: 0.79, 9.0: 0.26, 9.5: 0.012}
MARGIN_DB = 0.1
# layers converge about twice as fast
AS_FAR = {"sum_product": 20, "layered": 11}


def reference(snr_db: float) -> float:
    """Reference BLER between and beyond its points: straight on normal paper."""
    snrs, probits = list(REFERENCE), norm.ppf(list(REFERENCE.values()))
    below = (probits[1] - probits[0]) / (snrs[1] - snrs[0])
    above = (probits[2] - probits[1]) / (snrs[2] - snrs[1])
    slope = below if snr_db < snrs[1] else above
    return norm.cdf(probits[1] + slope * (snr_db - snrs[1]))


def test_layout_of_the_reference_is_ours():
    assert Bicm(Mcs(4, 2 / 3)).layout(1000) == Layout(1, 1024, 1536)


def bler_within(snr_db, num_blocks, decoder, block_errors) -> None:
    options = {"decoder": decoder, "num_iter": AS_FAR[decoder]}
    failed = block_errors(Mcs(4, 2 / 3), 1024, num_blocks, snr_db, **options)
    lowest, highest = (reference(snr_db + m) for m in (MARGIN_DB, -MARGIN_DB))
    slack = [4 * np.sqrt(p * (1 - p) / num_blocks) for p in (lowest, highest)]
    # below one error in expectation the normal law does not hold: allow two
    slack[1] = max(slack[1], 2 / num_blocks)
    assert lowest - slack[0] <= np.mean(failed) <= highest + slack[1]


@pytest.mark.parametrize("decoder", AS_FAR)
@pytest.mark.parametrize("snr_db", [8.0, 8.5, 9.0, 9.5, 10.0])
def test_bler_is_the_reference_within_a_tenth_of_a_decibel(
    snr_db, decoder, block_errors
):
    bler_within(snr_db, 480, decoder, block_errors)


@pytest.mark.slow
@pytest.mark.parametrize("decoder", AS_FAR)
@pytest.mark.parametrize("snr_db", [8.5, 9.0, 9.5, 10.0])
def test_bler_is_the_reference_with_many_blocks(snr_db, decoder, block_errors):
    bler_within(snr_db, 8000, decoder, block_errors)


@pytest.mark.slow
@pytest.mark.parametrize("num_bits_per_symbol", [2, 4, 6, 8])
@pytest.mark.parametrize("coderate", [1 / 3, 2 / 3, 5 / 6])
@pytest.mark.parametrize("k", [1024, 5632])
def test_layers_lose_less_than_a_twentieth_of_a_decibel(
    k, coderate, num_bits_per_symbol, block_errors
):
    """20 layered iterations against 40 of flooding, at a BLER of about 0.01."""
    mcs, num_blocks = Mcs(num_bits_per_symbol, coderate), 768
    snr_db = 10 * np.log10(2**mcs.efficiency - 1)
    while block_errors(mcs, k, 128, snr_db).mean() > 0.02:
        snr_db += 0.1
    ours = block_errors(mcs, k, num_blocks, snr_db + 0.05, num_iter=20)
    exact = {"decoder": "sum_product", "num_iter": 40}
    theirs = block_errors(mcs, k, num_blocks, snr_db, **exact)
    different = np.count_nonzero(ours != theirs)  # same blocks, same noise
    assert ours.sum() - theirs.sum() <= 2 * np.sqrt(different)


@pytest.mark.parametrize("index", range(len(SCHEMES)))
def test_no_scheme_beats_capacity(index, block_errors):
    mcs = SCHEMES[index]
    capacity = 0.97 * mcs.efficiency
    snr_db = 10 * np.log10(2**capacity - 1)
    failed = block_errors(mcs, 1024, 8, snr_db, num_iter=8)
    # a few blocks may be lucky; that most are would be a genie
    assert mcs.efficiency * np.mean(~failed) <= capacity


@pytest.mark.slow
@pytest.mark.parametrize("index", range(len(SCHEMES)))
def test_every_scheme_works_four_decibels_above_capacity(index, block_errors):
    mcs = SCHEMES[index]
    snr_db = 10 * np.log10(2**mcs.efficiency - 1) + 4
    assert not np.any(block_errors(mcs, 3840, 16, snr_db))
