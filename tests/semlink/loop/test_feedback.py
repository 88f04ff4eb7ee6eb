"""CSI feedback: statistics of a channel for link adaptation."""

import numpy as np
import pytest

from semlink.loop.evolution import ChannelEvolution
from semlink.loop.feedback import Feedback
from semlink.signals import RxSignal


class Fading:
    """Exponential powers that stay for ``length`` symbols, known to the receiver."""

    def __init__(self, length):
        self._length = length

    def __call__(self, x, snr_db, course):
        blocks = -(-x.shape[1] // self._length)
        power = np.abs(course.complex_normal("fading", (len(x), blocks))) ** 2
        power = power.repeat(self._length, axis=1)[:, : x.shape[1]]
        return RxSignal(x, 10 ** (-snr_db / 10) / power, x)


def test_without_fading_it_is_the_average():
    assert Feedback(7.3).carried_db == Feedback(7.3).snr_db == 7.3
    still = Feedback(
        7.3, lambda x, s, _: RxSignal(x, 10 ** (-s / 10) * np.ones(x.shape), x)
    )
    assert still.carried_db == pytest.approx(7.3, abs=1e-3)


def test_of_one_fade_it_is_the_fade_that_one_in_a_hundred_is_below():
    # P(power < p) = 1 - exp(-p): one in a hundred is below 0.01005, or -20 dB
    assert Feedback(20.0, Fading(5000)).carried_db == pytest.approx(0, abs=2.5)


def test_of_many_fades_it_is_the_ergodic_one():
    from scipy.special import exp1

    no = 0.1
    capacity = np.exp(no) * exp1(no) / np.log(2)
    expected = 10 * np.log10(2**capacity - 1)
    assert Feedback(10.0, Fading(1)).carried_db == pytest.approx(expected, abs=0.3)


class Erasing:
    """Each of so many symbols is erased, the first included."""

    def __init__(self, every):
        self._every = every

    def __call__(self, x, snr_db, course):
        no = np.full(x.shape, 0.1, np.float32)
        no[:, :: self._every] = np.inf
        return RxSignal(np.where(np.isinf(no), 0, x), no, np.ones_like(x))


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_erased_symbols_carry_nothing():
    half = Feedback(10.0, Erasing(2))
    expected = 10 * np.log10(np.sqrt(11) - 1)  # half of the information
    assert half.carried_db == pytest.approx(expected, abs=1e-3)
    assert np.isfinite(half.symbols_db).all()
    assert Feedback(10.0, Erasing(1)).carried_db < -90
    evolution = ChannelEvolution(Erasing(1), 10.0, 1)
    evolution.send(np.ones(evolution.slot, np.complex64), 1)
    assert np.isfinite(evolution.report().state_db)


def test_it_is_the_same_each_time_and_grows_with_the_snr():
    channel = Fading(168)
    values = [Feedback(s, channel).carried_db for s in (0.0, 5.0, 10.0, 20.0)]
    assert values == sorted(values)
    assert all(v < s for v, s in zip(values, (0.0, 5.0, 10.0, 20.0), strict=True))
    assert Feedback(5.0, Fading(168)).carried_db == values[1]
