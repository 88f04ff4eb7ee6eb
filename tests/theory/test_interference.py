"""Interference of OFDM against closed forms, and against a simulation in time."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import j0

from channels import cdl, ofdm, tdl, umi
from channels.doppler import jakes, line
from channels.interference import leakage
from experiments.studies.interference.table import modelled, two_paths
from experiments.studies.interference.waveform import measured
from semlink.rng import Course
from semlink.signals import RxSignal
from semlink.units import db_to_linear, linear_to_db

SHARES = (0.01, 0.05, 0.1, 0.35)  # of the carrier spacing, or of the symbol
FEW = 24  # carriers, which simulate fast
AGREE_DB = 0.5


def rarely(value):
    return pytest.param(value, marks=pytest.mark.slow)


def robertson(turns):
    """Power that a carrier of a wide band loses, for the spectrum of Jakes.

    P. Robertson, S. Kaiser, IEEE VTC, 1999, eq. (10).
    """

    def part(x):
        return 2 * (1 - x) * j0(2 * np.pi * turns * x)

    return 1 - quad(part, 0, 1)[0]


def speed(share, carrier_hz=3.5e9, spacing_hz=30e3):
    return share * spacing_hz * 299792458.0 / carrier_hz


def received_at(channel, snr_db, rows=60):
    x = np.exp(2j * np.pi * np.random.default_rng(1).random((rows, 864)))
    x = x.astype(np.complex64)
    rx = channel(x, np.float32(snr_db), Course(1))
    return x, RxSignal(*map(np.asarray, rx))


@pytest.mark.parametrize("turns", [0.001, *SHARES, 0.5])
def test_what_a_carrier_loses_is_the_known_integral(turns):
    lost = 1 - leakage(jakes(turns), 1.0, 72).kept
    assert lost == pytest.approx(robertson(turns), rel=1e-6)
    # the bound of Li and Cimini, IEEE Trans. Commun., 2001
    assert lost <= (2 * np.pi * turns) ** 2 / 24 * (1 + 1e-6)


@pytest.mark.parametrize("turns", [0.05, 0.35])
def test_energy_is_kept(turns):
    """What a carrier of a wide band loses, the others receive."""
    wide = leakage(jakes(turns), 1.0, 3300)
    assert wide.power[1650] + wide.kept == pytest.approx(1, abs=5e-4 * (1 - wide.kept))


def test_carriers_at_an_edge_receive_half():
    power = leakage(jakes(0.1), 1.0, 72).power
    assert power[0] == pytest.approx(power[36] / 2, rel=0.02)
    np.testing.assert_allclose(power, power[::-1], rtol=1e-5)


def test_a_whole_carrier_of_shift_leaves_nothing():
    shifted = leakage(line(1.0), 1.0, 72)
    assert shifted.kept < 1e-30
    np.testing.assert_allclose(shifted.power[1:], 1, rtol=1e-6)


def test_walking_speed_interferes_56_db_below_the_signal():
    power = tdl.build(speed_mps=3.0)._leakage.power
    assert linear_to_db(power.mean()) == pytest.approx(-56.7, abs=0.1)


@pytest.mark.parametrize("share", [0.35])
def test_the_ceiling_of_the_sinr(share, estimated):
    """SINR = (1 - P) / (P + 1 / SNR), of the mean gain; P is that of the carriers."""
    channel = tdl.build(speed_mps=speed(share))
    kept, power = channel._leakage.kept, channel._leakage.power.astype(float)
    assert 1 - kept == pytest.approx(robertson(share), rel=2e-3)
    for snr_db in (10.0, 60.0):
        x, rx = received_at(channel, snr_db)
        sinr = np.mean(1 / rx.no, axis=1)
        expected = np.mean(kept / (power + db_to_linear(-snr_db)))
        assert estimated(sinr).agrees(expected)
        # and the receiver knows it
        assert estimated(np.mean(np.abs(rx.x_hat - x) ** 2 / rx.no, axis=1)).agrees(1)


def moving(share, **params):
    """Late paths make the carriers independent, so that fewer courses suffice."""
    return tdl.build(speed_mps=speed(share), delay_spread_s=2e-7, **params)


def in_db(channel, rows):
    """Interference as modelled and as simulated [dB]."""
    found = modelled(channel, rows), measured(channel, rows).interference.mean()
    return tuple(map(float, linear_to_db(np.array(found))))


@pytest.mark.parametrize("share", [*map(rarely, SHARES[:2]), *SHARES[2:]])
def test_a_path_in_sight_agrees_with_a_waveform(share):
    """Most of the power of model D is in one path, so few courses suffice."""
    channel = tdl.build("D", speed_mps=speed(share), subcarriers=FEW)
    ours, theirs = in_db(channel, 80)
    assert ours == pytest.approx(theirs, abs=AGREE_DB)


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.slow
def test_doppler_agrees_with_a_waveform_of_72_carriers(share):
    channel = moving(share)
    wave = measured(channel, 600)
    theirs, ours = wave.interference, modelled(channel, 600)
    assert linear_to_db(ours / theirs.mean()) == pytest.approx(0, abs=AGREE_DB)
    assert wave.gain.mean() == pytest.approx(channel._leakage.kept, rel=0.06)
    # carrier by carrier: the edges receive less
    of_carriers = channel._leakage.power / theirs
    assert np.abs(linear_to_db(of_carriers)).max() < 2 * AGREE_DB


@pytest.mark.parametrize("share", [*map(rarely, SHARES[:2]), *SHARES[2:]])
def test_delays_after_the_prefix_agree_with_a_waveform(share):
    """The courses are the same, so only the data differ."""
    channel = two_paths(share)
    ours, theirs = in_db(channel, 20)
    assert ours == pytest.approx(theirs, abs=AGREE_DB)
    gains, _ = channel.paths(Course(1), 20, 1, 1.0, 0)
    first, last = np.mean(np.abs(np.asarray(gains)[:, 0, :, 0]) ** 2, axis=0)
    kept = first + (1 - share) ** 2 * last
    assert measured(channel, 20).gain.mean() == pytest.approx(kept, rel=0.02)


@pytest.mark.parametrize(
    "channel",
    [
        lambda: tdl.build("D", speed_mps=speed(0.1)),
        lambda: cdl.build("A", speed_mps=speed(0.1)),
        lambda: cdl.build("D", speed_mps=speed(0.1)),
        lambda: umi.build(speed_mps=speed(0.1)),
        lambda: umi.build(numerology=3, speed_mps=0.0),
        lambda: tdl.build(delay_spread_s=1e-6, speed_mps=0.0),
        lambda: tdl.build(delay_spread_s=1e-6, speed_mps=speed(0.1)),
    ],
)
@pytest.mark.slow
def test_other_channels_agree_with_a_waveform(channel):
    ours, theirs = in_db(channel(), 600)
    assert ours == pytest.approx(theirs, abs=AGREE_DB)


@pytest.mark.parametrize("csi", ["perfect", pytest.param("ls", marks=pytest.mark.slow)])
def test_a_receiver_knows_what_late_paths_leave(csi, over, estimated):
    channel = tdl.build(csi=csi, delay_spread_s=1e-6, interleave=False)
    x = np.exp(2j * np.pi * np.random.default_rng(1).random((60, 864)))
    rx = over(channel, x.astype(np.complex64), 30.0)
    error = np.mean(np.abs(rx.x_hat - x) ** 2 / rx.no, axis=1)
    assert estimated(error).mean == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.slow
def test_an_estimating_receiver_knows_its_interference(share, estimated):
    """At the pilots, too: estimates grow worse with the speed, as they do."""
    channel = tdl.build(csi="ls", speed_mps=speed(share), interleave=False)
    x, rx = received_at(channel, 30.0, 600)
    error = np.abs(rx.x_hat - x) ** 2 / rx.no
    assert estimated(error.mean(axis=1)).agrees(1)
    for symbol in (0, 5, 11):
        of_symbol = error[:, symbol * 72 : symbol * 72 + 72]
        assert estimated(of_symbol.mean(axis=1)).agrees(1), symbol


def test_pilots_have_the_power_of_data():
    """No boost: an estimate at a pilot has the noise of a symbol of unit power."""
    grids = tdl.build().grids(np.ones((1, 864), np.complex64)).numpy()[0, 0, 0]
    pilots = grids[list(ofdm.PILOT_SYMBOLS)]
    np.testing.assert_allclose(np.abs(pilots), 1, rtol=1e-5)
