"""Learned links with retransmission: what is sent again, and what it is worth."""

import numpy as np
import pytest

from blocks.learned.frame import stride_of
from semlink.chain import Link
from semlink.errors import InputError
from semlink.loop.exchange import Encoded
from semlink.loop.feedback_link import FREE, FeedbackLink
from semlink.rng import Seeds
from semlink.signals import RxSignal
from semlink.units import SLOT, psnr_db

CBR, SNR_DB = 0.13, 10.0
SELECTIVE = "ntscc[arq=selective,round_trip_slots=3]"


@pytest.fixture(autouse=True)
def few_exchanges(monkeypatch):
    """CSI at the transmitter comes from fewer simulated exchanges, for speed."""
    monkeypatch.setattr("semlink.loop.feedback.FEWEST", 128)
    monkeypatch.setattr("semlink.loop.feedback.SIMULATED", 2**22)


@pytest.fixture(scope="module")
def sample(photo_of, sample_of):
    return sample_of(photo_of(0)[40:168, 150:342])


@pytest.fixture(scope="module")
def deliver(link_of, sample):
    """Deliver a picture; ``channel`` is a name or a channel."""

    def delivered(word, channel="awgn", *, of=None, feedback=FREE, seed=5, cbr=CBR):
        of, over = of or sample, link_of(word, "awgn")
        planned = over._channel  # for a channel that loses but once
        if isinstance(channel, str):
            planned = channel = link_of(word, channel)._channel
        link, expected = (
            Link(over.pair, c, over._tasks, feedback) for c in (channel, planned)
        )

        def encode(state_db):
            budget = expected.budget(cbr, "average", SNR_DB, state_db)
            plan = link.transmitter.plan([of], budget)
            return Encoded(link.given(of), plan, *link.transmit(of, plan))

        return link, link.deliver(encode, SNR_DB, Seeds(seed))

    return delivered


class Losing:
    """Loses some symbols of the first transmission and nothing else."""

    level = "eager"

    def __init__(self, where):
        self._where = where

    def __call__(self, x, snr_db, course, start=0):
        no = np.full(x.shape, 0.01, np.float32)
        if not start:
            no[:, self._where] = 1e4
        return RxSignal(np.where(no > 1, 0, x).astype(np.complex64), no, x)


def test_the_budget_is_spent_over_all_transmissions(deliver, sample):
    link, done = deliver(SELECTIVE, feedback=FeedbackLink(1.0))
    uses = link.uses(done)
    assert len(done.sent) == 3
    assert 0.97 * CBR < uses.total / sample.values <= 1.01 * CBR
    assert uses.of(purpose="request") == done.fed_back.total > 0
    again = [tx.ledger.total for tx in done.sent[1:]]
    assert uses.of(purpose="retransmission") == sum(again) > 0
    for tx in done.sent[1:]:
        assert np.mean(np.abs(tx.x) ** 2) == pytest.approx(1, abs=1e-3)
    times = [-(-tx.ledger.total // SLOT) for tx in done.sent]
    assert done.slots == sum(times) + 2 * 3
    assert not done.estimate.lost
    assert done.estimate.doubt.shape == (8, 12)


def test_the_doubt_falls_with_every_transmission(deliver, link_of):
    _, done = deliver(SELECTIVE)
    process = link_of(SELECTIVE).pair.receiver.listen()
    doubts = [process(rx).doubt.mean() for rx in done.received]
    assert doubts[0] > doubts[1] > doubts[2] > 0


def test_a_header_that_is_lost_is_sent_again_with_everything(deliver):
    _, plain = deliver(SELECTIVE)
    header = plain.sent[0].ledger.of(purpose="header")
    _, done = deliver(SELECTIVE, Losing(slice(header)))
    np.testing.assert_array_equal(done.sent[0].x, done.sent[1].x)
    assert done.sent[1].ledger.of(purpose="retransmission") == len(done.sent[0].x)
    assert not done.estimate.lost


def test_side_information_that_is_lost_is_sent_again_alone(deliver):
    _, plain = deliver(SELECTIVE)
    first = plain.sent[0]
    header, side = (first.ledger.of(purpose=p) for p in ("header", "side"))
    stride = stride_of(side, len(first.x) - header - side)
    where = slice(header, header + side * stride, stride)
    _, done = deliver(SELECTIVE, Losing(where))
    assert len(done.sent[1].x) == side
    np.testing.assert_array_equal(done.sent[1].x, first.x[where])
    assert not done.estimate.lost


def test_after_a_lost_request_it_asks_for_the_same(deliver):
    _, done = deliver(SELECTIVE, feedback=FeedbackLink(1.0, 0, 0.5), seed=1)
    asked = done.fed_back.total
    assert len(done.sent) < 3
    assert asked > 0
    assert not done.estimate.lost


def test_what_does_not_go_together_is_refused(link_of):
    with pytest.raises(InputError, match="csi=map needs arq=none, got 'selective'"):
        link_of("ntscc[arq=selective,csi=map]")
    with pytest.raises(InputError, match="arq=whole needs side_info=coded, got 'free'"):
        link_of("ntscc[arq=whole,side_info=free]")


@pytest.mark.slow
@pytest.mark.parametrize("word", [
    "ntscc[arq=selective,hybrid=true]",
    "ntscc[arq=selective,inspector=combined]",
    "akb_jscc[arq=selective,csi=rate]",
])  # fmt: skip
def test_it_goes_with_the_other_options(word, deliver, sample):
    link, done = deliver(word, "rayleigh")
    assert len(done.sent) == 3
    assert not done.estimate.lost
    assert 0.97 * CBR < link.uses(done).total / sample.values <= 1.01 * CBR
    alone = link.pair.receiver(done.received[0])[0]
    shown = [psnr_db(sample.data, e.data) for e in (alone, done.estimate)]
    assert shown[1] > shown[0]


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["random", "whole"])
def test_selective_is_above_others_at_equal_uses(mode, deliver, photo_of, sample_of):
    """At a low rate, where little can be sent twice."""
    differences, cbr = [], 0.03
    for number in range(5):
        of = sample_of(photo_of(number), number)
        shown = []
        for arq in ("selective", mode):
            word = f"ntscc[arq={arq},max_transmissions=2]"
            link, done = deliver(word, "rayleigh", of=of, seed=number, cbr=cbr)
            uses = link.uses(done).total / of.values
            assert uses == pytest.approx(cbr, rel=0.02)
            shown.append(psnr_db(of.data, done.estimate.data))
        differences.append(shown[0] - shown[1])
    half = 2.78 * np.std(differences, ddof=1) / np.sqrt(len(differences))
    assert np.mean(differences) > half
