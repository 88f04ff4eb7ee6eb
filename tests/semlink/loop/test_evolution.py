"""An evolution: what is sent, reported and waited for, in one course of a channel."""

import numpy as np

from semlink.loop.evolution import ChannelEvolution
from semlink.protocols import Evolution, StateReport
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
    return np.ones((1, count * SLOT), np.complex64)


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
    assert air.report() == StateReport(11.0, 2)
    air.wait(3)
    assert air.report() == StateReport(8.0, 5)


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
    air.send(np.zeros((1, 1024), np.complex64), 0)
    assert air.report() is None
    assert air.now == 0
