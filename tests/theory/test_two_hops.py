"""Two hops over Rayleigh fading: outages in closed form against draws."""

import numpy as np
import pytest
from scipy.special import k1

from semlink.loop.rescue.relaying import amplified, decoded, efficiency, is_relayed

DRAWS = 400_000
CASES = [(1.0, 4.0, 9.0), (0.5, 1.0, 1.0), (3.0, 40.0, 6.0), (0.1, 10.0, 0.7)]


def decoded_outage(threshold, first, second):
    """Outage over two Rayleigh hops of these mean SNRs, if the relay decodes."""
    return 1 - np.exp(-threshold * (1 / first + 1 / second))


def amplified_outage(threshold, first, second):
    """Outage over two Rayleigh hops, if the relay amplifies (Hasna, Alouini, 2003)."""
    z = 2 * np.sqrt(threshold * (threshold + 1) / (first * second))
    return 1 - z * k1(z) * np.exp(-threshold * (1 / first + 1 / second))


def hops(first: float, second: float):
    """SNRs of two Rayleigh hops, drawn."""
    draws = np.random.default_rng(7).exponential(size=(2, DRAWS))
    return draws * np.array([[first], [second]])


@pytest.mark.parametrize(("threshold", "first", "second"), CASES)
@pytest.mark.parametrize(
    ("relay", "outage"), [(decoded, decoded_outage), (amplified, amplified_outage)]
)
def test_outage_is_that_of_the_closed_form(relay, outage, threshold, first, second):
    share = np.mean(relay(*hops(first, second)) < threshold)
    expected = outage(threshold, first, second)
    deviation = np.sqrt(expected * (1 - expected) / DRAWS)
    assert abs(share - expected) < 4 * deviation


def test_amplified_noise_is_that_of_the_chain_of_signals():
    """The SNR follows from what a relay with a gain of constant power forwards."""
    draws, count = np.random.default_rng(3), 200_000
    x, first, second = np.exp(2j * np.pi * draws.random(count)), 5.0, 3.0

    def noise(snr):
        parts = draws.standard_normal((2, count))
        return (parts[0] + 1j * parts[1]) * np.sqrt(0.5 / snr)

    relayed = (x + noise(first)) / np.sqrt(1 + 1 / first)
    received = (relayed + noise(second)) * np.sqrt(1 + 1 / first)
    snr = 1 / np.mean(np.abs(received - x) ** 2)
    assert snr == pytest.approx(amplified(first, second), rel=0.02)


def test_a_relay_that_decodes_is_better_and_both_lose_to_the_weaker_hop():
    first, second = hops(5.0, 8.0)
    assert np.all(amplified(first, second) < decoded(first, second))
    assert np.all(decoded(first, second) <= first)
    assert np.all(decoded(first, second) <= second)


def test_the_relay_is_taken_where_it_carries_more_in_the_same_channel_uses():
    direct, relayed = np.array([1.0, 1.0, 0.0, 3.0]), np.array([2.9, 3.1, 0.0, 3.0])
    np.testing.assert_array_equal(is_relayed(direct, relayed), [False, True] + 2 * [0])
    carries = efficiency(direct, relayed)
    np.testing.assert_allclose(carries, [1.0, np.log2(4.1) / 2, 0.0, 2.0])
