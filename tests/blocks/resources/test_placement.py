"""Strong components on good resources, by theory and over a link."""

import numpy as np
import pytest

from blocks.phy.analog import distortion
from blocks.resources.placement import placement
from channels.tdl import build as tdl
from semlink.chain import Link
from semlink.loop.evolution import ChannelEvolution
from semlink.loop.exchange import Encoded
from semlink.loop.feedback_link import REPORT_BITS, FeedbackLink
from semlink.rng import Seeds

WORD, CBR = "ntscc[csi=map]", 0.13


@pytest.fixture
def components():
    rng = np.random.default_rng(1)
    sigma = np.exp(rng.normal(0, 0.8, 4001))
    return sigma, rng.integers(0, 6, 2001) * 3.0 - 5


def test_a_placement_is_a_permutation(components):
    order = placement(*components)
    np.testing.assert_array_equal(np.sort(order), np.arange(len(order)))


def test_the_strongest_are_on_the_best(components):
    sigma, states_db = components
    placed, state = sigma[placement(*components)], np.repeat(states_db, 2)[:4001]
    levels = np.unique(state)
    lowest = [placed[state == s].min() for s in levels]
    highest = [placed[state == s].max() for s in levels]
    assert np.all(np.array(lowest[1:]) >= highest[:-1])


def test_no_other_order_has_a_smaller_error(components):
    sigma, states_db = components
    power = np.maximum(1.1 * sigma / sigma.mean() - 0.1, 0)
    noise = 10 ** (-np.repeat(states_db, 2)[:4001] / 10)
    order = placement(*components)
    best = distortion(power[order], sigma[order], noise).sum()
    rng = np.random.default_rng(2)
    others = [rng.permutation(order) for _ in range(20)]
    others += [order[np.argsort(rng.normal(0, 40, 4001) + np.arange(4001))]]
    for other in others:
        assert distortion(power[other], sigma[other], noise).sum() > best


def test_one_state_for_all_changes_nothing(components):
    sigma, _ = components
    order = placement(sigma, np.full(2001, 7.0))
    np.testing.assert_array_equal(order, np.arange(4001))


def test_a_map_is_that_of_the_grid():
    """Over a channel that hardly changes, each block has the state of its symbols."""
    channel = tdl(delay_spread_s=200e-9, speed_mps=0.0)
    air = ChannelEvolution(channel, 10.0, 3)
    rx = air.send(np.ones(air.slot, np.complex64), 1)
    report, blocks = air.report().map, np.array(channel.resources)
    assert len(report.states_db) == 6
    assert np.ptp(report.states_db) > 3
    for block, state_db in enumerate(report.states_db):
        snr_db = -10 * np.log10(rx.no[: air.slot][blocks == block])
        assert snr_db.min() - 1 < state_db <= snr_db.max()
    np.testing.assert_array_equal(
        report.of(np.arange(air.slot, 2 * air.slot)),
        np.array(report.states_db)[blocks],
    )


@pytest.fixture(scope="module")
def delivered(link_of, photo_of, sample_of):
    """Deliver a picture over a channel, with the feedback link that is given."""
    sample = sample_of(photo_of(0)[40:168, 150:342])

    def deliver(word, channel, feedback=FeedbackLink()):  # noqa: B008
        over = link_of(word, channel)
        link = Link(over.pair, over._channel, over._tasks, feedback)

        def encode(state_db):
            budget = link.budget(CBR, "average", 10.0, state_db)
            plan = link.transmitter.plan([sample], budget)
            return Encoded(link.given(sample), plan, *link.transmit(sample, plan))

        return link, link.deliver(encode, 10.0, Seeds(5))

    return deliver


def test_over_awgn_it_is_as_without(delivered):
    _, done = delivered(WORD, "awgn")
    assert len(set(done.reported.states_db)) == 1
    first = done.sent[0]
    _, lost = delivered(WORD, "awgn", FeedbackLink(loss=0.999999))
    start = first.ledger.of(purpose="header")
    np.testing.assert_array_equal(first.x[start:], lost.sent[0].x[start:])
    np.testing.assert_array_equal(done.estimate.data, lost.estimate.data)


@pytest.mark.slow
def test_a_report_that_is_lost_costs_nothing_but_the_gain(delivered):
    lossy = FeedbackLink(loss=0.999999)
    over = "tdl[delay_spread_s=2e-7,speed_mps=0.1]"
    _, lost = delivered(WORD, over, lossy)
    _, done = delivered(WORD, over)
    assert not lost.estimate.lost
    assert not done.estimate.lost
    assert np.any(lost.sent[0].x != done.sent[0].x)
    clean = np.std(lost.estimate.data.astype(float))
    for estimate in (lost.estimate, done.estimate):
        assert estimate.doubt.mean() < 0.3 * clean**2


def test_the_report_is_counted(delivered):
    _, done = delivered(WORD, "awgn", FeedbackLink(1.0))
    assert done.fed_back.of(purpose="report") == 6 * REPORT_BITS
    assert done.fed_back.total == 6 * REPORT_BITS
