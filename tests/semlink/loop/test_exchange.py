"""An exchange: order and timing of its messages, and their channel uses."""

from typing import NamedTuple

import numpy as np
import pytest

from semlink.chain import Link
from semlink.errors import Infeasible, InputError
from semlink.loop.evolution import ChannelEvolution
from semlink.loop.exchange import Encoded, Memory, Receiving, exchange
from semlink.loop.feedback import Feedback, reported_db
from semlink.loop.feedback_link import FREE, REPORT_BITS, FeedbackLink
from semlink.protocols import Frame, Loop, Request, Transceiver
from semlink.rng import Seeds
from semlink.signals import Estimate, RxSignal, TxSignal, ledger
from semlink.units import SLOT


class Clock:
    """A channel whose SNR is the number of the slot [dB], times ``slope``."""

    level = "eager"

    def __init__(self, slope=1.0, frame=None):
        self._slope = slope
        self._slot = frame.data if frame else SLOT
        if frame:
            self.frame = frame

    def __call__(self, x, snr_db, course):
        slot = np.arange(x.shape[1]) // self._slot
        no = 10 ** (-(snr_db + self._slope * slot) / 10)
        return RxSignal(x, np.broadcast_to(no, x.shape).astype(np.float32), x)


SEEDS = Seeds(1)


class Listener:
    """Has a block from the ``wanted``-th signal on; ``deaf`` are unreadable."""

    memory = "what arrived"

    def __init__(self, wanted, deaf):
        self._wanted, self._deaf, self.heard, self.log = wanted, deaf, 0, []
        self.request = Request(None, 1, False)

    def __call__(self, rx):
        self.heard += 1
        self.log.append((len(rx.x_hat), float(-10 * np.log10(rx.no[0]))))
        there = self.heard >= self._wanted
        if self.heard > self._deaf:
            self.request = Request([there], BITS, there)
        return Estimate(None, "image", not there, np.zeros((1, 1), np.uint8))


class Receiver(NamedTuple):
    listener: Listener

    def listen(self, query=None, memory=None):
        return self.listener


BITS = 5  # of a request


def signal(num_symbols, **purpose):
    x = np.ones(num_symbols, np.complex64)
    return TxSignal(x, ledger(**purpose), np.zeros((1, 1), np.uint8))


class Transmitter:
    """Sends 1500 symbols, then 600 for each time."""

    def __init__(self):
        self.asked = []

    def again(self, sample, first, plan, request, sent):
        self.asked.append((request, sent))
        return signal(600, retransmission=600)


FIRST = Encoded(None, "plan", signal(1500, header=100, payload=1400), "what was sent")


def carry(loop, *, wanted=1, deaf=0, channel=None, seeds=SEEDS, feedback=FREE):
    """(delivery, signals received, requests that arrived, states reported)."""
    listener, transmitter, states = Listener(wanted, deaf), Transmitter(), []

    def encode(state_db):
        states.append(state_db)
        return FIRST

    pair = Transceiver(transmitter, Receiver(listener), loop=loop)
    done = exchange(pair, channel or Clock(), encode, 0.0, seeds, feedback)
    return done, listener.log, transmitter.asked, states


def test_one_that_arrives_is_not_sent_again():
    done, log, asked, states = carry(Loop(max_transmissions=4, round_trip_slots=8))
    assert (len(done.sent), done.slots, asked) == (1, 2, [])
    assert done.memory == ("what was sent", "what arrived")
    assert states == [None]
    assert log == [(2048, 0.0)]


def test_each_transmission_meets_the_channel_when_its_time_has_come():
    loop = Loop(max_transmissions=4, round_trip_slots=8)
    done, log, asked, _ = carry(loop, wanted=3)
    # two slots, eight of waiting, one, eight, one
    np.testing.assert_allclose([when for _, when in log], [0, 10, 19], atol=1e-4)
    assert done.slots == 20
    assert asked == [([False], 1), ([False], 2)]
    assert not done.estimate.lost


def test_it_ends_when_it_may_not_go_on():
    done, log, *_ = carry(Loop(max_transmissions=3, round_trip_slots=0), wanted=9)
    assert len(done.sent) == len(log) == 3
    assert done.slots == 4
    assert done.estimate.lost


def test_silence_is_not_an_acknowledgement():
    _, _, asked, _ = carry(Loop(max_transmissions=4), wanted=4, deaf=2)
    assert asked == [(None, 0), (None, 0), ([False], 1)]


def test_the_state_is_that_of_the_slot_before_the_delay():
    loop = Loop(state=True, csi_delay_slots=5)
    _, log, _, states = carry(loop, channel=Clock(slope=-1.0))
    assert states == [0.0]
    assert log[0][1] == pytest.approx(-6, abs=1e-4)


def test_an_error_in_the_state_follows_the_seeds_but_not_the_channel():
    loop = Loop(state=True, csi_error_db=3.0)

    def reports(channel=""):
        seeds = [Seeds(1, channel, sample) for sample in range(50)]
        return np.array([carry(loop, seeds=s)[3][0] for s in seeds])

    first = reports()
    np.testing.assert_array_equal(first, reports())
    np.testing.assert_array_equal(first, reports("another"))
    np.testing.assert_array_equal(first, np.floor(first))
    # rounded down, with the configured standard deviation
    assert first.mean() == pytest.approx(-0.5, abs=4 * 3 / np.sqrt(50))
    assert first.std() == pytest.approx(3, rel=0.4)


def test_a_course_goes_on_for_as_long_as_it_must():
    loop = Loop(state=True, max_transmissions=8, round_trip_slots=10)
    done, log, _, states = carry(loop, wanted=8)
    assert len(done.sent) == 8
    assert states == [0.0]
    assert all(length % 1024 == 0 for length, _ in log)


def test_slots_are_the_frames_of_the_channel():
    frame = Frame(data=500, total=700)
    done, log, *_ = carry(
        Loop(max_transmissions=2, round_trip_slots=4), wanted=2, channel=Clock(1, frame)
    )
    assert done.slots == 3 + 4 + 2
    assert log[1][1] == pytest.approx(7, abs=1e-4)


def test_the_same_noise_falls_on_what_is_sent_again():
    awgn = pytest.importorskip("channels.awgn").build()
    air, again = (ChannelEvolution(awgn, 10.0, 5) for _ in range(2))
    x = np.ones(1008, np.complex64)
    first = np.asarray(air.send(x, 1).x_hat)
    second = np.asarray(air.send(x, 1).x_hat)
    np.testing.assert_array_equal(first, np.asarray(again.send(x, 1).x_hat))
    assert not np.any(first == second)  # another slot, other noise


@pytest.mark.parametrize("word", ["rayleigh", "shadowed", "erasure", "tdl"])
def test_what_is_sent_later_meets_the_course_where_it_has_come_to(word):
    channel = pytest.importorskip(f"channels.{word}").build()
    once, air = ChannelEvolution(channel, 10.0, 5), ChannelEvolution(channel, 10.0, 5)
    slot, waiting = air.slot, 40  # slots, beyond what is simulated at first
    whole = once.send(np.ones((waiting + 3) * slot, np.complex64), waiting + 3)
    first = air.send(np.ones(2 * slot, np.complex64), 2)
    air.wait(waiting - 2)
    last = air.send(np.ones(3 * slot, np.complex64), 3)
    for part, a, b in zip(whole, first, last, strict=True):
        early, late = part[: 2 * slot], part[waiting * slot : (waiting + 3) * slot]
        near = {"rtol": 1e-3, "atol": 1e-4}
        np.testing.assert_allclose(early, a[: 2 * slot], **near)
        np.testing.assert_allclose(late, b[: 3 * slot], **near)


def test_every_transmission_is_counted_frames_included():
    frame = Frame(data=500, total=700)
    loop = Loop(max_transmissions=3)
    pair = Transceiver(Transmitter(), Receiver(Listener(3, 0)), loop=loop)
    link = Link(pair, Clock(1, frame), {})
    uses = link.uses(link.deliver(lambda _: FIRST, 0.0, Seeds(1)))
    assert uses.of(purpose="header") == 100
    assert uses.of(purpose="payload") == 1400
    assert uses.of(purpose="retransmission") == 1200
    assert uses.total == (3 + 2 + 2) * 700
    assert uses.of(purpose="pilots") == uses.total - 2700
    assert uses.of(direction="up") == 0


def test_feedback_that_is_counted_takes_channel_uses_up():
    loop = Loop(state=True, max_transmissions=4)
    feedback = FeedbackLink(bits_per_use=2.0)
    free, counted = carry(loop, wanted=3), carry(loop, wanted=3, feedback=feedback)
    assert free[0].fed_back.total == 0
    assert free[1:] == counted[1:]
    uses = counted[0].fed_back
    assert uses.of(purpose="request", direction="up") == 3 * -(-BITS // 2)
    assert uses.of(purpose="report", direction="up") == REPORT_BITS // 2
    assert uses.of(direction="down") == 0


def test_a_request_that_is_lost_is_repeated_and_nothing_sent_meanwhile():
    feedback = FeedbackLink(bits_per_use=1.0, loss=0.5)
    loop = Loop(max_transmissions=16, round_trip_slots=3)
    done, _, asked, _ = carry(loop, wanted=4, feedback=feedback)
    assert len(done.sent) == 4
    assert asked == [([False], 1), ([False], 2), ([False], 3)]
    tries = done.fed_back.of(purpose="request") // BITS
    assert tries > 4
    assert done.slots == 2 + 3 * 1 + (tries - 1) * 3


def test_a_pair_that_may_send_once_acknowledges_nothing():
    feedback = FeedbackLink(bits_per_use=1.0)
    done, *_ = carry(Loop(state=True), wanted=9, feedback=feedback)
    assert done.fed_back.of(purpose="request") == 0
    assert done.fed_back.total == REPORT_BITS


class Remembering(Transmitter):
    """Remembers the answer to its signal."""

    def acknowledged(self, memory, request):
        return memory, request


@pytest.mark.parametrize(("loss", "answer"), [(0.0, [True]), (0.999999, None)])
def test_an_acknowledgement_is_counted_and_remembered_if_it_arrives(loss, answer):
    feedback = FeedbackLink(bits_per_use=1.0, loss=loss)
    loop = Loop(acknowledged=True)
    pair = Transceiver(Remembering(), Receiver(Listener(1, 0)), loop=loop)
    done = exchange(pair, Clock(), lambda _: FIRST, 0.0, SEEDS, feedback)
    assert done.memory == (("what was sent", answer), "what arrived")
    assert done.fed_back.of(purpose="request", direction="up") == BITS
    assert len(done.sent) == 1


def test_a_report_that_is_lost_leaves_the_statistics():
    feedback = FeedbackLink(loss=0.999999)
    *_, states = carry(Loop(state=True), feedback=feedback)
    assert states == [None]


def test_feedback_takes_its_time():
    loop = Loop(max_transmissions=2, round_trip_slots=3)
    done, *_ = carry(loop, wanted=2, feedback=FeedbackLink(delay_slots=4))
    assert done.slots == 2 + 3 + 4 + 1


def told(loop, channel, state_db, snr_db=10.0):
    return Feedback(snr_db, channel, loop, state_db).symbols_db


class Fades:
    """Each evolution has a gain of its own, which turns over slowly or stays."""

    level = "eager"

    def __init__(self, turns):
        self._turns = turns

    def __call__(self, x, snr_db, course):
        start = 2 * np.pi * course.uniform("start", (len(x), 1))
        phase = start + self._turns * 2 * np.pi * np.arange(x.shape[1]) / SLOT
        no = 10 ** (-(snr_db + 6 * np.sin(phase)) / 10)
        return RxSignal(x, no.astype(np.float32), x)


def test_what_stays_is_known_from_what_was_reported():
    loop = Loop(state=True, csi_delay_slots=4)
    for state_db in (6.0, 12.0):
        after = told(loop, Fades(0), state_db)
        # reported rounded down, so half a decibel more on average
        assert after.mean() == pytest.approx(state_db + 0.5, abs=0.3)
        assert after.max() - after.min() < 2.5


@pytest.mark.slow
def test_what_does_not_last_is_not_known():
    quick, slow = Loop(state=True), Loop(state=True, csi_delay_slots=50)
    fading = Fades(0.005)
    spread = [told(loop, fading, 12.0).std() for loop in (quick, slow)]
    assert spread[0] < 0.5 * spread[1]
    assert told(slow, fading, 12.0).mean() < told(quick, fading, 12.0).mean() - 1


@pytest.mark.slow
def test_a_wrong_report_is_not_believed():
    right = told(Loop(state=True), Fades(0), 15.0)
    wrong = told(Loop(state=True, csi_error_db=6.0), Fades(0), 15.0)
    assert wrong.mean() < right.mean() - 1
    assert wrong.std() > 2 * right.std()


def test_without_fading_the_state_adds_nothing():
    still = Clock(slope=0.0)
    for snr_db in (7.3, 10.0):
        state = float(reported_db(snr_db))
        after = told(Loop(state=True), still, state, snr_db)
        np.testing.assert_allclose(after, snr_db, atol=1e-4)


def test_statistics_of_several_transmissions_know_their_distance():
    loop = Loop(max_transmissions=2, round_trip_slots=8)
    symbols = told(loop, Clock(slope=1.0), None, 0.0)
    assert symbols.shape[1] == 2
    apart = 9 + 8  # slots of transmission and of waiting
    np.testing.assert_allclose(symbols[:, 1] - symbols[:, 0], apart, atol=1e-3)


def test_a_state_in_which_nothing_fits_is_a_picture_lost():
    listener = Listener(9, 9)
    pair = Transceiver(Transmitter(), Receiver(listener), loop=Loop(state=True))

    def encode(state_db):
        raise Infeasible("not even the smallest")

    before = Receiving(memory=Memory("what was sent before", None))
    done = exchange(pair, Clock(), encode, 0.0, Seeds(1), receiving=before)
    assert done.estimate.lost
    assert done.memory == ("what was sent before", "what arrived")
    assert done.sent[0].ledger.total == len(done.sent[0].x) == done.slots == 0
    with pytest.raises(Infeasible):
        exchange(pair._replace(loop=Loop()), Clock(), encode, 0.0, Seeds(1))


def test_exchanges_that_no_memory_holds_are_refused():
    loop = Loop(max_transmissions=16, round_trip_slots=1000)
    with pytest.raises(InputError, match="may take 1040 slots .* got 16001$"):
        Link(Transceiver(None, None, loop=loop), Clock(), {})
