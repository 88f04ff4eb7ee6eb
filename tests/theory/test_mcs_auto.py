"""The scheme that follows the SNR: faster as it grows, and within what it carries."""

import numpy as np
import pytest

from blocks.phy.bicm import Bicm
from blocks.phy.mcs import BLER_TARGET, SCHEMES, TABLE, threshold_db, thresholds
from blocks.phy.side_information import choose, filled, num_symbols

pytestmark = pytest.mark.skipif(not TABLE.exists(), reason=f"no {TABLE.name} measured")
SNRS_DB = np.arange(0.0, 21.0, 4.0)
LENGTHS = [10, 100, 1000, 10_000, 100_000]  # of streams, in bits


@pytest.mark.parametrize("num_bits", LENGTHS)
def test_more_snr_is_never_slower(num_bits):
    chosen = [choose(snr_db, num_bits) for snr_db in np.arange(-10, 35, 0.25)]
    efficiency = [SCHEMES[index].efficiency for index in chosen]
    assert efficiency == sorted(efficiency)
    assert chosen[0] == 0
    shortest = min(num_symbols(num_bits, mcs) for mcs in range(len(SCHEMES)))
    assert num_symbols(num_bits, chosen[-1]) == shortest


@pytest.mark.parametrize("num_bits", LENGTHS)
def test_the_fastest_scheme_that_is_carried_is_chosen(num_bits, lost_share):
    for snr_db in np.arange(-2, 35, 0.5):
        streams = [Bicm(mcs).layout(filled(num_bits)) for mcs in SCHEMES]
        lost = [lost_share(i, *s[:2], snr_db) for i, s in enumerate(streams)]
        mcs = choose(float(snr_db), num_bits)
        assert lost[mcs] <= 0.01 or mcs == 0
        fast = num_symbols(num_bits, mcs)
        faster = [i for i in range(len(SCHEMES)) if num_symbols(num_bits, i) < fast]
        assert all(lost[i] > BLER_TARGET for i in faster)


def test_table_has_every_scheme_above_capacity():
    assert {row.mcs for row in thresholds()} == set(range(len(SCHEMES)))
    for row in thresholds():
        capacity_db = 10 * np.log10(2 ** SCHEMES[row.mcs].efficiency - 1)
        # short blocks at high rates are far from it
        gap = {1024: 4.5, 8448: 4.5, 256: 8}.get(row.length, 10)
        assert capacity_db < row.snr_db < capacity_db + gap


@pytest.mark.parametrize("index", range(len(SCHEMES)))
def test_longer_blocks_need_no_more(index):
    rows = [row for row in thresholds() if row.mcs == index]
    assert [row.length for row in rows] == sorted(row.length for row in rows)
    needed = [row.snr_db for row in rows]
    # short blocks depend on their lifting size, most at the highest rate
    assert all(b < a + 1.0 for a, b in zip(needed, needed[1:], strict=False))


@pytest.mark.parametrize("length", [256, 1024, 8448])
def test_faster_schemes_of_one_order_need_more(length):
    for order in (2, 4, 6, 8):
        same = [i for i, mcs in enumerate(SCHEMES) if mcs.num_bits_per_symbol == order]
        needed = [threshold_db(i, length) for i in same]
        assert needed == sorted(needed)


@pytest.mark.slow
def test_psnr_does_not_fall_with_snr(photo_of, sample_of, link_of, planned, measured):
    link = link_of("jpeg2000_ldpc[mcs=auto]")
    sample = sample_of(photo_of(1)[50:242, 100:356])
    psnr, plans = [], []
    for snr_db in SNRS_DB:
        plan, (tx,) = planned(link, [sample], 0.03, float(snr_db))
        assert tx.ledger.total <= 0.03 * sample.values
        metrics = measured(link, sample, tx, float(snr_db))
        assert metrics["outage"] == (0, 1)
        psnr.append(metrics["psnr"][0])
        plans.append(plan.of(sample).scheme)
    # the search for the quality ends within a thousandth of the budget
    assert all(b > a - 0.02 for a, b in zip(psnr, psnr[1:], strict=False)), psnr
    assert psnr[-1] > psnr[0] + 3
    assert len(set(plans)) > 4


@pytest.mark.slow
@pytest.mark.parametrize("index", range(len(SCHEMES)))
def test_threshold_is_where_the_target_is(index, block_errors):
    snr_db = threshold_db(index, 1024)
    failed = block_errors(SCHEMES[index], 1024, 4000, snr_db)
    assert np.mean(failed) < 3 * BLER_TARGET + 4 * np.sqrt(3 * BLER_TARGET / 4000)


@pytest.mark.parametrize("num_bits", [2, 61, 290])
def test_streams_arrive_at_the_scheme_that_is_chosen_for_them(num_bits, block_errors):
    for snr_db in (12.0, 26.0):
        mcs = SCHEMES[choose(snr_db, num_bits)]
        k = Bicm(mcs).layout(filled(num_bits)).k
        lost = block_errors(mcs, k, 1000, snr_db)
        assert np.mean(lost) <= 0.01 + 4 * np.sqrt(0.01 / 1000)
