"""Thresholds of the table against the link adaptation of the transmitters."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from blocks.phy.adaptation import Outlook, choose_by_throughput
from blocks.phy.mcs import SCHEMES, bler
from blocks.phy.side_information import choose, half_lost_db, layout, num_symbols
from experiments.abstraction.ladder import EFFICIENCY, header_alone, ladder
from semlink.loop.feedback import Feedback

SNR_DB = np.arange(-4.0, 21.0, 4.0)


def taken(chosen_db, snr_db):
    return max(int((chosen_db <= snr_db).sum()) - 1, 0)


@pytest.mark.parametrize("uses", [700, 4_000, 8_900, 26_000])
def test_a_filled_budget_takes_the_schemes_of_the_separated_link(uses):
    chosen, _ = ladder(np.full((len(SNR_DB), 1), float(uses)), SNR_DB)
    asked = np.arange(-4.0, 20.0, 1.0)
    real = []
    for snr_db in asked:
        expected = Outlook(Feedback(snr_db), "none", 0.0)
        bits = [uses * efficiency for efficiency in EFFICIENCY]
        fits = [
            k for k, n in enumerate(bits) if choose_by_throughput(expected, int(n)) >= k
        ]
        real.append(max(fits, default=0))
    assert [taken(chosen[0], snr_db) for snr_db in asked] == real


@pytest.mark.parametrize("num_bits", [150, 1_200, 4_000])
def test_a_stream_of_one_length_takes_the_schemes_of_side_information(num_bits):
    uses = [num_symbols(num_bits, choose(snr_db, num_bits)) for snr_db in SNR_DB]
    chosen, _ = ladder(np.array(uses, float)[:, None], SNR_DB)
    asked = np.arange(-4.0, 20.0, 1.0)
    same = [taken(chosen[0], s) == choose(s, num_bits) for s in asked]
    assert np.mean(same) >= 0.9  # the length is known to within a filler


def test_half_of_the_frames_of_several_blocks_are_lost():
    for num_bits in (500, 20_000):
        blocks = layout(9, num_bits)
        failing = bler(SCHEMES[9], blocks.k, half_lost_db(9, num_bits))
        assert (1 - failing) ** blocks.num_blocks == pytest.approx(0.5)


def test_without_a_signal_there_is_a_header():
    uses = np.full((len(SNR_DB), 2), np.nan)
    uses[:, 1] = 4_000.0
    chosen, needed = ladder(uses, SNR_DB)
    for found, expected in zip((chosen, needed), header_alone(1), strict=True):
        assert_allclose(found[0], expected[0])
    assert np.diff(chosen[1]).min() >= 0
    assert np.isfinite(needed[1]).all()
