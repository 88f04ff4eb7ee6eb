"""OFDM channels against TR 38.901, closed forms of diversity, and estimation theory."""

import json
from functools import partial
from importlib.resources import files

import numpy as np
import pytest
import sionna
import tensorflow as tf
from scipy import special, stats

from channels import cdl, ofdm, tdl, umi
from channels.estimation import NEAR
from semlink.rng import Course
from semlink.signals import RxSignal

MODELS = "ABCDE"
# cdl of the others is a table more of the same code as A, and as D with a path in sight
SPREADS = [(tdl.build, model) for model in MODELS]
SPREADS += [(cdl.build, "A"), (cdl.build, "D")]
SPREADS += [pytest.param(cdl.build, m, marks=pytest.mark.slow) for m in "BCE"]


def qpsk(rows, length, seed=0):
    """Bits [rows, length, 2] and their symbols."""
    bits = np.random.default_rng(seed).integers(0, 2, (rows, length, 2))
    signs = 1 - 2 * bits
    x = (signs[..., 0] + 1j * signs[..., 1]) / np.sqrt(2)
    return bits, x.astype(np.complex64)


def errors(bits, x_hat):
    return np.stack([x_hat.real < 0, x_hat.imag < 0], axis=-1) != bits


@pytest.mark.parametrize("snr_db", [0.0, 10.0, 20.0])
@pytest.mark.slow
def test_estimated_csi_is_never_better(snr_db, over):
    bits, x = qpsk(300, 2000)
    wrong = [
        errors(bits, over(tdl.build("A", csi=csi), x, snr_db).x_hat).mean(axis=(1, 2))
        for csi in ("perfect", "ls")
    ]
    perfect, estimate = wrong
    assert estimate.mean() > perfect.mean()


@pytest.mark.parametrize("snr_db", [0.0, 15.0])
@pytest.mark.slow
def test_least_squares_leaves_the_noise_of_the_pilots(snr_db, over, estimated):
    """Between two pilots of a still, flat channel the error is that of their mean.

    Linear interpolation in time by a share a leaves e = N0 (a^2 + (1 - a)^2); weighed
    down by the power P of the fade, P e / (P + e) of it. The power is measured with n
    pilots, which adds about 2 e^2 (P + N0)^2 / n (P + e)^3.
    """
    _, x = qpsk(400, 2000)
    params = {"delay_spread_s": 1e-9, "speed_mps": 0.0, "interleave": False}
    at, rx = (
        over(tdl.build(csi=csi, **params), x, snr_db) for csi in ("perfect", "ls")
    )
    error, no = np.abs(rx.h_hat - at.h_hat) ** 2, 10 ** (-snr_db / 10)
    fraction = (np.arange(14) - 2) / 9
    noise = no * (fraction**2 + (1 - fraction) ** 2)
    power = np.mean(np.abs(at.h_hat) ** 2, axis=1)
    of_symbol = error[:, : 12 * 72].reshape(400, 12, 72).mean(axis=2)
    for place, symbol in enumerate(s for s in range(14) if s not in (2, 11)):
        e = noise[symbol]
        least = power * e / (power + e)
        most = least + 4 * e**2 * (power + no) ** 2 / (2 * NEAR) / (power + e) ** 3
        low, high = (estimated(of_symbol[:, place] - v) for v in (least, most))
        assert low.mean > -4 * low.error, symbol
        assert high.mean < 4 * high.error, symbol


@pytest.mark.slow
@pytest.mark.parametrize("snr_db", [5.0, 10.0])
def test_in_a_fade_the_stated_noise_is_that_of_the_fade(snr_db, over, estimated):
    """Stated SNR of a flat channel: P^2 / (N (P + e) + P e), e of the pilots' noise."""
    x = np.ones((600, 864), np.complex64)
    params = {"delay_spread_s": 1e-9, "speed_mps": 0.0, "interleave": False}
    at, rx = (
        over(tdl.build(csi=csi, **params), x, snr_db) for csi in ("perfect", "ls")
    )
    no = 10 ** (-snr_db / 10)
    fraction = (np.arange(14) - 2) / 9
    e = no * np.delete(fraction**2 + (1 - fraction) ** 2, [2, 11])
    power = np.mean(np.abs(at.h_hat) ** 2, axis=1, keepdims=True)
    expected = np.mean(power**2 / (no * (power + e) + power * e), axis=1)
    deep = power[:, 0] < 0.3
    stated = np.mean(1 / rx.no, axis=1)[deep]
    # with the mean power of all fades in place of that of this one: more than twice it
    assert np.mean(stated) == pytest.approx(np.mean(expected[deep]), rel=0.15)


@pytest.mark.parametrize("snr_db", [0.0, 10.0, 30.0])
@pytest.mark.parametrize("speed_mps", [0.0, 30.0, 120.0])
@pytest.mark.slow
def test_an_estimating_receiver_knows_what_noise_is_left(
    speed_mps, snr_db, over, estimated
):
    _, x = qpsk(600, 864)
    rx = over(tdl.build(csi="ls", speed_mps=speed_mps, interleave=False), x, snr_db)
    error = (rx.x_hat - x) / np.sqrt(rx.no)
    assert estimated(np.mean(np.abs(error) ** 2, axis=1)).agrees(1)
    # nor does it shrink symbols
    gain = np.sum((rx.x_hat * np.conj(x)).real / rx.no, axis=1)
    total = np.sum(1 / rx.no, axis=1)
    assert estimated((gain - total) / np.mean(total)).agrees(0)
    for symbol in (0, 5, 11):  # at the edges of the slot as between its pilots
        of_symbol = np.abs(error[:, symbol * 72 : symbol * 72 + 72]) ** 2
        assert estimated(of_symbol.mean(axis=1)).agrees(1), symbol


def test_in_a_deep_fade_the_noise_of_the_pilots_is_no_channel():
    """With the mean power of all fades as its prior, half of it would be noise."""
    _, x = qpsk(300, 864)
    still = {"speed_mps": 0.0, "interleave": False}
    at, rx = (
        RxSignal(
            *map(np.asarray, tdl.build(csi=csi, **still)(x, np.float32(10), Course(1)))
        )
        for csi in ("perfect", "ls")
    )
    power = np.mean(np.abs(at.h_hat) ** 2, axis=1)
    deep = power < np.quantile(power, 0.05)
    gain = np.sum((rx.x_hat * np.conj(x)).real / rx.no, axis=1)[deep].sum()
    assert gain == pytest.approx(np.sum(1 / rx.no[deep]), rel=0.12)


@pytest.mark.parametrize("csi", ["perfect", pytest.param("ls", marks=pytest.mark.slow)])
def test_information_is_below_ergodic_capacity(csi, over):
    bits, x = qpsk(200, 2000)
    for snr_db in (-5.0, 5.0):
        rx = over(tdl.build("C", csi=csi), x, snr_db)
        wrong = errors(bits, rx.x_hat).mean()
        of_symbol = 2 * (1 - stats.entropy([wrong, 1 - wrong], base=2))
        # E log2(1 + gamma) of an exponential gamma, for the fades are Rayleigh
        no = 10 ** (-snr_db / 10)
        capacity = special.exp1(no) * np.exp(no) / np.log(2)
        assert 0 < of_symbol < capacity


def table(model):
    """Delays and powers [dB] of a delay line, as the standard has them."""
    folder = files(sionna.phy) / "channel" / "tr38901" / "models"
    return json.loads((folder / f"TDL-{model}.json").read_text())


# Strongest taps of TR 38.901, tables 7.7.2-1 to 7.7.2-5: delay and power [dB]
STANDARD = {
    "A": [(0.0, -13.4), (0.3819, 0.0), (0.4025, -2.2), (9.6586, -29.7)],
    "B": [(0.0, 0.0), (0.1072, -2.2), (0.2155, -4.0), (4.7834, -11.3)],
    "C": [(0.0, -4.4), (0.6366, 0.0), (0.6448, -2.2), (8.6523, -22.8)],
    "D": [(0.0, -13.5), (0.035, -18.8), (12.525, -27.7)],
    "E": [(0.0, -22.03), (0.5133, -15.8), (20.6519, -29.2)],
}


@pytest.mark.parametrize("model", MODELS)
def test_delay_lines_are_those_of_the_standard(model):
    taps = table(model)
    pairs = list(zip(taps["delays"], taps["powers"], strict=True))
    for delay, power in STANDARD[model]:
        assert any(abs(d - delay) < 1e-4 and abs(p - power) < 0.01 for d, p in pairs), (
            delay,
            power,
        )


def paths_of(build, rows, steps=1, **params):
    """Gains and delays of the paths of a channel, drawn at a seed."""
    channel = build(**params)
    gains, delays = channel.paths(Course(1), rows, steps, 1e3, 0)
    return np.asarray(gains), np.asarray(delays)


@pytest.mark.parametrize("model", MODELS)
def test_delay_profiles_are_those_of_the_standard(model, estimated):
    spread_s = 50e-9
    gains, delays = paths_of(tdl.build, 4000, model=model, delay_spread_s=spread_s)
    taps = table(model)
    powers = 10 ** (np.array(taps["powers"]) / 10)
    at = np.array(taps["delays"])
    if taps["los"]:  # path in sight and the Rayleigh tap with it are one
        powers, at = np.r_[powers[0] + powers[1], powers[2:]], at[1:]
    powers = powers / powers.sum()
    np.testing.assert_allclose(delays[0], at * spread_s, rtol=1e-5)
    for tap, power in enumerate(powers):
        assert estimated(np.abs(gains[:, 0, tap, 0]) ** 2).agrees(power), tap


@pytest.mark.parametrize(("build", "model"), SPREADS)
def test_delay_spread_is_what_was_asked_for(build, model, estimated):
    gains, delays = paths_of(build, 1000, model=model, delay_spread_s=80e-9)
    power = np.mean(np.abs(gains[:, 0, :, 0]) ** 2, axis=0)
    power /= power.sum()
    mean = np.sum(power * delays[0])
    spread = np.sqrt(np.sum(power * (delays[0] - mean) ** 2))
    assert spread == pytest.approx(80e-9, rel=0.06)


def test_taps_move_with_the_doppler_of_the_speed(estimated):
    speed, carrier, rate = 30.0, 3.5e9, 14e3
    channel = tdl.build("A", speed_mps=speed, carrier_frequency_hz=carrier)
    gains = np.asarray(channel.paths(Course(1), 4000, 30, rate, 0)[0])[:, 0, 1]
    doppler_hz = speed * carrier / 299792458.0
    power = np.mean(np.abs(gains) ** 2)
    for lag in (1, 7, 15, 29):
        product = gains[:, lag] * np.conj(gains[:, 0]) / power
        expected = special.j0(2 * np.pi * doppler_hz * lag / rate)
        assert estimated(product.real).agrees(expected), lag


def test_a_transmission_is_one_evolution(over):
    """From slot to slot a still channel stays, and a fast one does not."""
    x = np.ones((1, 864 * 3), np.complex64)
    still, fast = (
        over(tdl.build(speed_mps=v, interleave=False), x, 10.0).h_hat.reshape(3, 864)
        for v in (0.0, 1000.0)
    )
    np.testing.assert_allclose(still[1:], still[:1].repeat(2, 0), atol=1e-3)
    assert np.mean(np.abs(fast[1] - fast[0])) > 0.1


def test_interleaving_spreads_neighbours_over_the_grid(over):
    x = np.ones((20, 864), np.complex64)
    spread, side_by_side = (
        np.abs(over(tdl.build(delay_spread_s=2e-7, interleave=i), x, 10.0).h_hat)
        for i in (True, False)
    )
    np.testing.assert_allclose(np.sort(spread), np.sort(side_by_side), rtol=1e-4)
    steps = [np.mean(np.abs(np.diff(h))) for h in (spread, side_by_side)]
    assert steps[0] > 5 * steps[1]


def test_combining_is_the_equaliser_of_sionna(over):
    """Where that one has digits enough."""
    from sionna.phy.mimo import lmmse_equalizer

    draw = np.random.default_rng(1).normal(size=(2, 5, 3, 14, 12, 2))
    h, y = (draw[..., 0] + 1j * draw[..., 1]).astype(np.complex64)
    no, error = np.float32(0.1), np.full(h.shape, 0.05, np.float32)
    ours = ofdm._combined(tf.constant(y), tf.constant(h), tf.constant(error), no)
    last = partial(np.moveaxis, source=1, destination=-1)
    noise = np.eye(3, dtype=np.complex64) * 0.15
    x_hat, variance = lmmse_equalizer(last(y), last(h)[..., None], noise)
    np.testing.assert_allclose(ours.x_hat, x_hat[..., 0], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(ours.no, variance[..., 0], rtol=1e-3, atol=1e-4)


def test_cells_are_in_sight_when_they_are_told_to():
    # not compiled: the graph of a cell takes longer to build than these to send
    x, snr_db = np.ones((200, 20), np.complex64), np.float32(10)
    power = [
        np.abs(np.asarray(umi.build(sight)(x, snr_db, Course(1)).h_hat)[:, 0]) ** 2
        for sight in ("always", "never")
    ]
    # a path in sight leaves fewer deep fades
    in_sight, not_in_sight = (np.mean(p < 0.1) for p in power)
    assert in_sight < not_in_sight / 2
