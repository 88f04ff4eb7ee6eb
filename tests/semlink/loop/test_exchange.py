"""An exchange: who hears what and when, and that all of it is counted."""

from typing import NamedTuple

import numpy as np
import pytest

from semlink.errors import Infeasible, InputError
from semlink.link import Link
from semlink.loop.evolution import ChannelEvolution
from semlink.loop.exchange import exchange
from semlink.loop.feedback import Feedback, reported_db
from semlink.protocols import Frame, Loop, Transceiver
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
    """Has a block from the ``wanted``-th time on that it hears something."""

    def __init__(self, wanted, deaf):
        self._wanted, self._deaf, self.heard, self.log = wanted, deaf, 0, []
        self.ack = None

    def __call__(self, rx):
        self.heard += 1
        self.log.append((rx.x_hat.shape[1], float(-10 * np.log10(rx.no[0, 0]))))
        if self.heard > self._deaf:
            self.ack = np.array([self.heard >= self._wanted])
        lost = np.array([self.heard < self._wanted])
        return Estimate((np.zeros((1, 1, 3)),), lost, (np.zeros((1, 1)),))


class Receiver(NamedTuple):
    listener: Listener

    def listen(self):
        return self.listener


def signal(num_symbols, **purpose):
    x = np.ones((1, -(-num_symbols // 1024) * 1024), np.complex64)
    return TxSignal(x, ledger(1, **purpose), (np.zeros((1, 1), np.uint8),))


class Transmitter:
    """Sends 1500 symbols, then 600 for each time."""

    def __init__(self):
        self.asked = []

    def again(self, tx, plan, ack, heard):
        self.asked.append((None if ack is None else ack.tolist(), heard))
        return signal(600, retransmission=600)


def carry(loop, *, wanted=1, deaf=0, channel=None, seeds=SEEDS):
    """(what was delivered, what the receiver heard, what it asked, states told)."""
    listener, transmitter, states = Listener(wanted, deaf), Transmitter(), []

    def encode(state_db):
        states.append(state_db)
        return "plan", signal(1500, header=100, payload=1400)

    pair = Transceiver(transmitter, Receiver(listener), loop=loop)
    done = exchange(pair, channel or Clock(), encode, 0.0, seeds)
    return done, listener.log, transmitter.asked, states


def test_one_that_arrives_is_not_sent_again():
    done, log, asked, states = carry(Loop(max_transmissions=4, round_trip_slots=8))
    assert (len(done.sent), done.slots.tolist(), asked) == (1, [2], [])
    assert states == [None]
    assert log == [(2048, 0.0)]


def test_each_transmission_meets_the_channel_when_its_time_has_come():
    loop = Loop(max_transmissions=4, round_trip_slots=8)
    done, log, asked, _ = carry(loop, wanted=3)
    # two slots, eight of waiting, one, eight, one
    np.testing.assert_allclose([when for _, when in log], [0, 10, 19], atol=1e-4)
    assert done.slots == [20]
    assert asked == [([False], 1), ([False], 2)]
    assert not done.estimate.lost[0]


def test_it_ends_when_it_may_not_go_on():
    done, log, *_ = carry(Loop(max_transmissions=3, round_trip_slots=0), wanted=9)
    assert len(done.sent) == len(log) == 3
    assert done.slots == [4]
    assert done.estimate.lost[0]


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
    # rounded down, and as wide as said
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
    assert done.slots == [3 + 4 + 2]
    assert log[1][1] == pytest.approx(7, abs=1e-4)


def test_the_same_noise_falls_on_what_is_sent_again():
    awgn = pytest.importorskip("channels.awgn").build()
    air, again = (ChannelEvolution(awgn, 10.0, 5) for _ in range(2))
    x = np.ones((1, 1008), np.complex64)
    first = np.asarray(air.send(x, 1).x_hat)
    second = np.asarray(air.send(x, 1).x_hat)
    np.testing.assert_array_equal(first, np.asarray(again.send(x, 1).x_hat))
    assert not np.any(first == second)  # another slot, other noise


@pytest.mark.parametrize("word", ["rayleigh", "shadowed", "erasure", "tdl"])
def test_what_is_sent_later_meets_the_course_where_it_has_come_to(word):
    channel = pytest.importorskip(f"channels.{word}").build()
    once, air = ChannelEvolution(channel, 10.0, 5), ChannelEvolution(channel, 10.0, 5)
    slot, waiting = air.slot, 40  # slots, beyond what is simulated at first
    whole = once.send(np.ones((1, (waiting + 3) * slot), np.complex64), waiting + 3)
    first = air.send(np.ones((1, 2 * slot), np.complex64), 2)
    air.wait(waiting - 2)
    last = air.send(np.ones((1, 3 * slot), np.complex64), 3)
    for part, a, b in zip(whole, first, last, strict=True):
        np.testing.assert_allclose(part[:, : 2 * slot], a, rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(part[:, waiting * slot :], b, rtol=1e-3, atol=1e-4)


class Judge:
    """Has no opinion."""

    metrics = ()

    def __call__(self, batch, estimate):
        return {}


def test_every_transmission_is_counted_frames_included():
    frame = Frame(data=500, total=700)
    loop = Loop(max_transmissions=3)
    pair = Transceiver(Transmitter(), Receiver(Listener(3, 0)), loop=loop)
    link = Link(pair, Clock(1, frame), Judge())
    tx = signal(1500, header=100, payload=1400)
    done = link.deliver(lambda _: ("plan", tx), 0.0, Seeds(1))
    uses = link.uses(done)
    assert uses.header == 100
    assert uses.payload == 1400
    assert uses.retransmission == 1200
    assert uses.total == (3 + 2 + 2) * 700
    assert uses.pilots == uses.total - 2700


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


def test_what_does_not_last_is_not_known():
    quick, slow = Loop(state=True), Loop(state=True, csi_delay_slots=50)
    fading = Fades(0.005)
    spread = [told(loop, fading, 12.0).std() for loop in (quick, slow)]
    assert spread[0] < 0.5 * spread[1]
    assert told(slow, fading, 12.0).mean() < told(quick, fading, 12.0).mean() - 1


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
    # nine slots of transmission and eight of waiting
    np.testing.assert_allclose(symbols[:, 1] - symbols[:, 0], 17, atol=1e-3)


def test_a_state_in_which_nothing_fits_is_a_picture_lost():
    listener = Listener(9, 9)
    pair = Transceiver(Transmitter(), Receiver(listener), loop=Loop(state=True))

    def encode(state_db):
        raise Infeasible("not even the smallest")

    done = exchange(pair, Clock(), encode, 0.0, Seeds(1))
    assert done.estimate.lost[0]
    assert done.sent[0].ledger.total == 0
    assert not done.sent[0].x.any()
    assert done.slots == 0
    without = Transceiver(Transmitter(), Receiver(listener), loop=Loop())
    with pytest.raises(Infeasible):
        exchange(without, Clock(), encode, 0.0, Seeds(1))


def test_exchanges_that_no_memory_holds_are_refused():
    loop = Loop(max_transmissions=16, round_trip_slots=1000)
    with pytest.raises(InputError, match="may wait for 1040 slots .* got 16001$"):
        Link(Transceiver(None, None, loop=loop), Clock(), Judge())


def test_a_single_transmission_says_little_of_a_pair_with_a_loop():
    link = Link(Transceiver(None, None, loop=Loop()), Clock(), Judge())
    with pytest.raises(ValueError, match="deliver"):
        link.measure(None, None, 0.0, 1)
