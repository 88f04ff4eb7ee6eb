"""Several users over one channel: powers add, gains are independent, one noise."""

from itertools import combinations

import numpy as np
import pytest

from channels import awgn, erasure, rayleigh, shadowed, tdl
from semlink.compiled_channel import compiled_channel
from semlink.errors import InputError
from semlink.rng import Course
from semlink.superposition import superpose

SNR_DB, POWERS = 3.0, (1.0, 0.25, 4.0)
N0 = 10 ** (-SNR_DB / 10)


def users(rows, count, number=3):
    """Independent Gaussian signals of the powers."""
    draw = np.random.default_rng(2).normal(size=(number, rows, count, 2)) / 2**0.5
    x = (draw[..., 0] + 1j * draw[..., 1]).astype(np.complex64)
    return [np.float32(p**0.5) * s for p, s in zip(POWERS, x, strict=False)]


@pytest.mark.parametrize("build", [awgn.build, lambda: rayleigh.build(1)])
def test_powers_of_signals_and_noise_add(build, estimated):
    x = users(400, 50)
    received = superpose(build(), x, SNR_DB, Course(1))
    power = np.mean(np.abs(received.y) ** 2, axis=1)
    assert estimated(power).agrees(sum(POWERS) + N0)
    expected = N0 + sum(
        p * np.abs(h) ** 2 for p, h in zip(POWERS, received.gains, strict=True)
    )
    # given the gains, too
    assert estimated(np.abs(received.y).ravel() ** 2 / expected.ravel()).agrees(1)
    noise = received.y - sum(h * s for h, s in zip(received.gains, x, strict=True))
    assert estimated(np.mean(np.abs(noise) ** 2, axis=1)).agrees(N0)


def test_users_fade_independently(estimated):
    gains = superpose(rayleigh.build(1), users(2000, 3), SNR_DB, Course(1)).gains
    for h in gains:
        assert estimated(np.abs(h[:, 0]) ** 2).agrees(1)
    for one, other in combinations(gains, 2):
        product = one[:, 0] * np.conj(other[:, 0])
        assert estimated(product.real).agrees(0)
        assert estimated(product.imag).agrees(0)


def test_a_user_treats_another_as_noise(estimated):
    x = users(500, 40, 2)
    received = superpose(rayleigh.build(1), x, SNR_DB, Course(1))
    for number in (0, 1):
        other = 1 - number
        rx = received.user(number, noise={other: POWERS[other]})
        error = np.abs(rx.x_hat - x[number]) ** 2 / rx.no
        assert estimated(error.ravel()).agrees(1)


def still():
    return tdl.build(speed_mps=0.0)


@pytest.mark.parametrize("build", [shadowed.build, still, rayleigh.build])
def test_with_the_other_known_a_user_is_alone(build):
    channel, (x, other) = build(), users(2, 2016, 2)
    alone = superpose(channel, [x], SNR_DB, Course(1)).user(0)
    both = superpose(channel, [x, other], SNR_DB, Course(1))
    assert not np.allclose(both.user(0).x_hat, alone.x_hat, atol=0.1)
    rx = both.user(0, known={1: other})
    np.testing.assert_allclose(
        (rx.x_hat - x) / np.sqrt(rx.no),
        (alone.x_hat - x) / np.sqrt(alone.no),
        atol=1e-3,
    )
    np.testing.assert_array_equal(rx.no, alone.no)
    # the second, with the first known, has the same noise over a gain of its own
    rx = both.user(1, known={0: x})
    noise = (rx.x_hat - other) * rx.h_hat
    expected = (alone.x_hat - x) * alone.h_hat
    np.testing.assert_allclose(noise, expected, atol=1e-4)
    np.testing.assert_allclose(rx.no * np.abs(rx.h_hat) ** 2, N0, rtol=1e-4)


def test_a_fast_user_disturbs_the_other(estimated):
    """Its interference adds to the noise, known signal or not."""
    channel, (x, other) = tdl.build(speed_mps=900.0), users(60, 864, 2)
    power = np.mean(np.abs(other) ** 2, axis=1, keepdims=True)
    alone = superpose(channel, [x], 20.0, Course(1)).user(0)
    rx = superpose(channel, [x, other], 20.0, Course(1)).user(0, known={1: other})
    error = np.abs(rx.x_hat - x) ** 2 / rx.no
    assert estimated(error.mean(axis=1)).agrees(1)
    added = (rx.no - alone.no) * np.abs(rx.h_hat) ** 2
    share = channel._leakage.power.mean()
    np.testing.assert_allclose(added.mean(axis=1), share * power[:, 0], rtol=0.02)


def test_it_goes_on_from_any_place():
    x, channel = users(1, 6000, 2), compiled_channel(rayleigh.build())
    whole = superpose(channel, x, SNR_DB, Course(1))
    later = superpose(channel, [s[:, 5000:] for s in x], SNR_DB, Course(1), 5000)
    np.testing.assert_allclose(later.x_hat, whole.x_hat[:, 5000:], rtol=1e-4, atol=1e-5)


REFUSED = [erasure.build, lambda: tdl.build(clip_db=3.0), lambda: tdl.build(csi="ls")]


@pytest.mark.parametrize("build", REFUSED)
@pytest.mark.parametrize("made", [lambda c: c, compiled_channel])
def test_channels_without_one_gain_a_symbol_refuse(build, made):
    with pytest.raises(InputError, match="superposition .* got (Erasure|Ofdm)$"):
        superpose(made(build()), users(1, 10), SNR_DB, Course(1))
