"""Separated links with HARQ and with state feedback."""

import numpy as np
import pytest

from baselines.separated.header import FIELDS
from blocks.phy.header import Header
from experiments.compose import catalogue
from semlink.chain import Link
from semlink.compiled_channel import compiled_channel
from semlink.config import ComponentSpec
from semlink.loop.evolution import ChannelEvolution
from semlink.loop.exchange import Encoded
from semlink.rng import Seeds
from semlink.signals import RxSignal
from semlink.units import SLOT

CBR, SNR_DB = 0.06, 4.0  # at which 16-QAM and rate 2/3 fail, the first time
HARQ = "jpeg2000_ldpc[harq=ir,round_trip_slots=3]"


@pytest.fixture(scope="module")
def source(photo_of, sample_of):
    return [sample_of(photo_of(0)[40:232, 150:406])]


@pytest.fixture(scope="module")
def make():
    known, channels = catalogue(), {}

    def link(word, channel="awgn"):
        if channel not in channels:
            spec = ComponentSpec.model_validate(channel)
            channels[channel] = compiled_channel(known.build("channel", spec))
        pair = known.build("transmitter", ComponentSpec.model_validate(word))
        task = known.build("task", ComponentSpec(name="reconstruction"))
        return Link(pair, channels[channel], {"reconstruction": task})

    return link


@pytest.fixture
def few_exchanges(monkeypatch):
    """CSI at the transmitter comes from fewer simulated exchanges, for speed."""
    monkeypatch.setattr("semlink.loop.feedback.FEWEST", 128)
    monkeypatch.setattr("semlink.loop.feedback.SIMULATED", 2**22)


def deliver(link, source, snr_db=SNR_DB, seed=1, mode="average"):
    def encode(state_db):
        plan = link.transmitter.plan(source, link.budget(CBR, mode, snr_db, state_db))
        tx, memory = link.transmit(source[0], plan)
        return Encoded(link.given(source[0]), plan, tx, memory)

    return link.deliver(encode, snr_db, Seeds(seed))


@pytest.fixture(scope="module")
def delivered(make, source):
    link = make(HARQ)
    return link, deliver(link, source)


def test_what_fails_is_sent_again_until_it_arrives(delivered):
    link, done = delivered
    assert len(done.sent) == 2
    assert not done.estimate.lost
    np.testing.assert_array_equal(done.estimate.blocks, done.sent[0].blocks)
    assert len(done.received) == 2


def test_every_retransmission_is_in_the_ledger_and_in_the_budget(delivered, source):
    link, done = delivered
    uses = link.uses(done)
    on_the_air = [np.count_nonzero(tx.x) for tx in done.sent]
    assert uses.total == sum(on_the_air)
    again = uses.of(purpose="retransmission")
    assert again == on_the_air[1] == uses.of(purpose="payload")
    assert 0.97 * CBR < uses.total / source[0].values <= CBR
    good_bits, symbols = link.judge(source[0], done).values["goodput"]
    assert symbols == uses.total
    assert good_bits == done.sent[0].blocks.size


def test_latency_is_transmissions_and_round_trips(delivered):
    _, done = delivered
    times = [-(-tx.ledger.total // SLOT) for tx in done.sent]
    assert done.slots == sum(times) + 3


def test_only_blocks_that_failed_are_sent_again(make, source, sample_of):
    link = make("jpeg2000_ldpc[harq=chase]", "erasure[loss=0.1,packet_length=1008]")
    many = [sample_of(np.repeat(source[0].data, 4, axis=1))]
    for seed in range(8):
        done = deliver(link, many, 14.0, seed)
        sizes = [tx.ledger.total for tx in done.sent]
        if len(sizes) > 1 and sizes[1] < 0.9 * sizes[0]:
            break
    else:
        raise AssertionError("packets are lost, and yet never some blocks alone")
    per_block = done.sent[0].ledger.of(purpose="payload") / len(done.sent[0].blocks)
    assert sizes[1] % per_block == 0


class HeaderLost:
    """Loses the front of the first transmission and nothing else."""

    level = "eager"

    def __init__(self):
        self._header = Header(FIELDS).num_symbols

    def __call__(self, x, snr_db, course):
        no = np.full(x.shape, 0.01, np.float32)
        no[:, : self._header] = 1e4
        return RxSignal(np.where(no > 1, 0, x).astype(np.complex64), no, x)


def test_a_header_that_is_lost_is_sent_again_with_everything(make, source):
    link = make(HARQ)
    link._channel = HeaderLost()
    done = deliver(link, source, 20.0)
    assert len(done.sent) == 2
    np.testing.assert_array_equal(done.sent[1].x, done.sent[0].x)
    assert link.uses(done).of(purpose="retransmission") == done.sent[0].ledger.total
    assert not done.estimate.lost


def test_the_seed_decides_an_exchange(make, source):
    first, again = (deliver(make(HARQ), source, seed=1) for _ in range(2))
    images = [done.estimate.data for done in (first, again)]
    np.testing.assert_array_equal(*images)
    for tx, same in zip(first.sent, again.sent, strict=True):
        np.testing.assert_array_equal(tx.x, same.x)
    assert first.slots == again.slots
    heard = [ChannelEvolution(make(HARQ)._channel, SNR_DB, s) for s in (1, 2)]
    x = np.ones(1008, np.complex64)
    assert not np.any(heard[0].send(x, 1).x_hat == heard[1].send(x, 1).x_hat)


class Faint:
    """Of the header, every transmission brings as much as QPSK at -4.5 dB."""

    level = "eager"

    def __init__(self):
        self._header = Header(FIELDS).num_symbols

    def __call__(self, x, snr_db, course):
        no = np.full(x.shape, 0.01, np.float32)
        no[np.abs(x) > 0] = 2.8
        noise = np.sqrt(no) * course.complex_normal("noise", x.shape)
        return RxSignal(x + noise, no, x)


def test_headers_that_are_too_faint_alone_are_read_together(make, source):
    link = make("jpeg2000_ldpc[harq=chase,num_bits_per_symbol=2,coderate=0.2]")
    link._channel = Faint()
    for seed in range(20):
        done = deliver(link, source, -4.5, seed)
        first, second = (tx.ledger for tx in done.sent[:2])
        if second.of(purpose="retransmission") == first.total:
            break
    else:
        raise AssertionError("the header is never too faint")
    assert 2 <= len(done.sent) <= 3
    assert not done.estimate.lost


def test_an_acknowledgement_of_other_blocks_is_none(delivered, source):
    link, done = delivered
    tx = done.sent[0]
    request = np.zeros(len(tx.blocks) + 3, bool)
    again = link.transmitter.again(source[0], tx, None, request, 1)
    np.testing.assert_array_equal(again.x, tx.x)


@pytest.mark.parametrize(("order", "coderate", "snr_db"), [(2, 0.9, 4), (4, 0.25, 3)])
def test_schemes_that_were_not_measured_keep_to_the_budget(
    make, source, order, coderate, snr_db
):
    word = f"num_bits_per_symbol={order},coderate={coderate}"
    link = make(f"jpeg2000_ldpc[harq=chase,{word}]")
    uses = link.uses(deliver(link, source, snr_db)).total
    assert uses == pytest.approx(CBR * source[0].values, rel=0.06)


@pytest.mark.slow
@pytest.mark.parametrize("word", ["chase", "ir"])
def test_throughput_grows_with_retransmissions(make, source, word, few_exchanges):
    """Over fading, a faster scheme pays off with retransmissions."""
    channel = "rayleigh[coherence_length=1008]"
    plain, again = (
        make(f"jpeg2000_ldpc[mcs=auto,harq={mode}]", channel) for mode in ("none", word)
    )
    bits = []
    for link in (plain, again):
        done = [deliver(link, source, 12.0, seed) for seed in range(6)]
        uses = sum(link.uses(d).total for d in done)
        good = sum(link.judge(source[0], d).values["goodput"][0] for d in done)
        bits.append(good / uses)
        assert uses / len(done) < 1.25 * CBR * source[0].values
    assert bits[1] > 1.1 * bits[0]


@pytest.mark.slow
def test_the_state_of_a_channel_that_stays_chooses_the_scheme(
    make, source, few_exchanges
):
    word = "jpeg2000_ldpc[mcs=auto,csi=state]"
    link = make(word, "rayleigh[coherence_length=1000000]")
    told = [deliver(link, source, 12.0, seed) for seed in range(4)]
    schemes = {d.sent[0].blocks.size for d in told}
    assert len(schemes) > 2
    assert np.mean([d.estimate.lost for d in told]) < 0.3


@pytest.mark.parametrize(("word", "message"), [
    ("jpeg_ldpc[harq=often]", "'none', 'chase' or 'ir'"),
    ("jpeg_ldpc[harq=ir,max_transmissions=0]", "must be at least 1"),
    ("jpeg_ldpc[harq=chase,code=regular]", "harq=chase needs code=nr, got 'regular'"),
    ("jpeg_ldpc[csi=state]", "csi=state needs mcs=auto or harq"),
    ("jpeg_ldpc[mcs=auto,csi=state,csi_delay_slots=-1]", "csi_delay_slots"),
    ("jpeg_ldpc[mcs=auto,csi=state,csi_error_db=-1]", "csi_error_db"),
])  # fmt: skip
def test_what_does_not_go_together_is_refused(word, message):
    with pytest.raises(ValueError, match=message):
        catalogue().build("transmitter", ComponentSpec.model_validate(word))
