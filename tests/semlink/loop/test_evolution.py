"""An evolution: transmissions, reports and waiting, in one course of a channel."""

import numpy as np
import pytest

from semlink.loop.evolution import ChannelEvolution, Evolution
from semlink.signals import RxSignal
from semlink.units import SLOT


class Staircase:
    """Its SNR falls by a decibel from slot to slot; the noise is white."""

    level = "eager"

    def __call__(self, x, snr_db, course):
        slot = np.arange(x.shape[1]) // SLOT
        no = (10 ** (-(snr_db - slot) / 10)).astype(np.float32)
        noise = np.sqrt(no) * course.complex_normal("noise", x.shape)
        return RxSignal(x + noise, np.broadcast_to(no, x.shape), np.ones_like(x))


def evolution(**report):
    return ChannelEvolution(Staircase(), 12.0, 5, **report)


def slots(count):
    return np.ones(count * SLOT, np.complex64)


def test_it_is_an_evolution():
    assert isinstance(evolution(), Evolution)


def test_a_report_is_what_was_measured_when_it_was():
    air = evolution(delay_slots=3)
    assert air.report() is None
    air.send(slots(2), 2)
    assert air.report() is None
    air.wait(2)
    assert air.report() is None
    air.send(slots(1), 1)
    # of the second slot, at 11 dB; that of the fifth, at 8 dB, is on its way
    assert air.report()[:2] == (11.0, 2)
    air.wait(3)
    assert air.report()[:2] == (8.0, 5)


def test_a_report_has_whole_decibels_and_stays_as_it_was_measured():
    air = evolution(error_db=2.0, errors=np.random.default_rng(1))
    reports = []
    for _ in range(8):
        air.send(slots(1), 1)
        assert air.report() == air.report()
        reports.append(air.report().state_db)
    assert reports == np.floor(reports).tolist()
    assert reports != [12.0 - n for n in range(8)]


def test_silence_that_takes_no_time_is_not_measured():
    air = evolution()
    air.send(np.zeros(1024, np.complex64), 0)
    assert air.report() is None
    assert air.now == 0


@pytest.mark.parametrize("power_db", [-6.0, 3.0])
def test_power_weakens_the_noise_and_leaves_the_course(power_db):
    x, power = slots(2), 10 ** (power_db / 10)
    plain, strong = evolution().send(x, 2), evolution().send(x, 2, power_db)
    noise, less = (rx.x_hat[: len(x)] - x for rx in (plain, strong))
    np.testing.assert_allclose(less * np.sqrt(power), noise, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(strong.no * power, plain.no, rtol=1e-5)
    np.testing.assert_array_equal(strong.h_hat, plain.h_hat)


def test_no_power_offset_is_the_default():
    x = slots(1)
    for a, b in zip(evolution().send(x, 1), evolution().send(x, 1, 0.0), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_report_is_of_the_nominal_power():
    air = evolution()
    air.send(slots(1), 1, 10.0)
    assert air.report().state_db == 12.0


class Counting:
    """A channel that counts the symbols that it is evaluated for."""

    level = "eager"

    def __init__(self):
        self.symbols = 0

    def __call__(self, x, snr_db, course, start=0):
        self.symbols += x.shape[1]
        no = np.full(x.shape, 10 ** (-snr_db / 10), np.float32)
        noise = course.complex_normal("noise", x.shape, start)
        return RxSignal(x + np.sqrt(no) * noise, no, np.ones_like(x))


class Forgetful(Counting):
    """The same of a channel that knows no start."""

    def __call__(self, x, snr_db, course):
        return super().__call__(x, snr_db, course)


def transmissions(channel, count):
    """Symbols that come out of some transmissions with waiting between them."""
    air = ChannelEvolution(channel, 10.0, 5)
    received = []
    for _ in range(count):
        received.append(air.send(slots(4), 4).x_hat)
        air.wait(20)
    return np.concatenate(received)


def test_a_channel_that_knows_no_start_receives_the_same():
    np.testing.assert_array_equal(
        transmissions(Counting(), 8), transmissions(Forgetful(), 8)
    )


COUNTS = [2, 4, 8, 16]


def test_work_grows_with_the_transmissions_and_not_with_their_square(monkeypatch):
    from semlink import rng

    generator, symbols, chunks = rng._generator, [], []
    for count in COUNTS:
        drawn, channel = [], Counting()
        monkeypatch.setattr(
            rng, "_generator", lambda *a, to=drawn: to.append(a) or generator(*a)
        )
        transmissions(channel, count)
        symbols.append(channel.symbols / count)
        chunks.append(len(drawn) / count)
    assert symbols == [4096] * len(COUNTS)  # four slots, rounded up
    assert max(chunks) <= 2  # a transmission of 4032 symbols is within two of 4096


def test_without_a_start_it_grows_with_the_square():
    work = []
    for count in COUNTS:
        channel = Forgetful()
        transmissions(channel, count)
        work.append(channel.symbols)
    assert work[-1] > 2 * work[-2] > 4 * work[-3]
