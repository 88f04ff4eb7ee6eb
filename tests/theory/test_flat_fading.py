"""Flat fading has the distributions, spectra and bursts that its names promise."""

import numpy as np
import pytest
from scipy import special, stats

from channels import erasure, rayleigh_fast, rician, shadowed

SIGNIFICANCE = 1e-4  # of a test at a fixed seed; a wrong distribution gives far less


def ones(*shape):
    return np.ones(shape, np.complex64)


@pytest.mark.parametrize("k_factor_db", [-40.0, 0.0, 6.0, 15.0])
def test_rician_gains_are_those_of_rice(k_factor_db, over, estimated):
    rx = over(rician.build(k_factor_db, 7), ones(8000, 7), 10.0)
    h, k = rx.h_hat[:, 0], 10 ** (k_factor_db / 10)
    assert estimated(np.abs(h) ** 2).agrees(1)
    rice = stats.rice(np.sqrt(2 * k), scale=np.sqrt(1 / (2 * (k + 1))))
    assert stats.kstest(np.abs(h), rice.cdf).pvalue > SIGNIFICANCE
    uniform = np.angle(h) / (2 * np.pi) + 0.5
    assert stats.kstest(uniform, "uniform").pvalue > SIGNIFICANCE
    assert np.all(rx.h_hat == h[:, None])


def test_the_path_in_sight_stays_within_a_transmission(over, estimated):
    h = over(rician.build(10.0, 1), ones(4000, 2), 10.0).h_hat
    product = h[:, 0] * np.conj(h[:, 1])
    assert estimated(product.real).agrees(10 / 11)
    assert estimated(product.imag).agrees(0)


def test_fast_fading_is_complex_gaussian(over, estimated):
    h = over(rayleigh_fast.build(doppler_hz=1e4), ones(20_000, 1), 10.0).h_hat[:, 0]
    assert estimated(np.abs(h) ** 2).agrees(1)
    assert stats.kstest(np.abs(h), stats.rayleigh(scale=0.5**0.5).cdf).pvalue > (
        SIGNIFICANCE
    )
    uniform = np.angle(h) / (2 * np.pi) + 0.5
    assert stats.kstest(uniform, "uniform").pvalue > SIGNIFICANCE


@pytest.mark.parametrize(
    ("params", "doppler_hz"),
    [
        ({"doppler_hz": 2e4}, 2e4),
        ({"speed_mps": 100.0, "carrier_frequency_hz": 5.99584916e10}, 2e4),
    ],
)
def test_fast_fading_has_the_autocorrelation_of_jakes(
    params, doppler_hz, over, estimated
):
    h = over(rayleigh_fast.build(**params), ones(4000, 101), 10.0).h_hat
    for lag in (1, 10, 19, 30, 60, 100):
        product = h[:, lag] * np.conj(h[:, 0])
        expected = special.j0(2 * np.pi * doppler_hz * lag / 1e6)
        assert estimated(product.real).agrees(expected), lag
        assert estimated(product.imag).agrees(0), lag


@pytest.mark.parametrize("beneath", ["awgn", "rayleigh"])
def test_shadows_are_log_normal_and_have_unit_mean_power(beneath, over, estimated):
    sigma_db = 4.0
    # so fast that shadows of the parts of a transmission are independent
    channel = shadowed.build(beneath, sigma_db, 1.0, 1000.0, 1000.0)
    rx = over(channel, ones(200, 168 * 100), 10.0)
    power = np.abs(rx.h_hat[:, ::168].reshape(-1)) ** 2
    assert estimated(power).agrees(1)
    decibels = 10 * np.log10(power)
    mean = -np.log(10) / 20 * sigma_db**2
    if beneath == "awgn":
        normal = stats.norm(mean, sigma_db)
        assert stats.kstest(decibels, normal.cdf).pvalue > SIGNIFICANCE
    else:  # fades of 5.57 dB come on top
        faded = np.pi**2 / 6 * (10 / np.log(10)) ** 2
        spread = (decibels - decibels.mean()) ** 2
        assert estimated(spread).agrees(sigma_db**2 + faded)


def test_shadows_forget_exponentially(over, estimated):
    # a step of 168 symbols is 0.168 m, a tenth of the correlation distance
    channel = shadowed.build("awgn", 6.0, 1.68, 1.0, 1000.0)
    h = over(channel, ones(1000, 168 * 30), 10.0).h_hat[:, ::168]
    decibels = 20 * np.log10(np.abs(h)) + np.log(10) / 20 * 36
    for steps in (1, 5, 10, 29):
        product = decibels[:, 0] * decibels[:, steps]
        assert estimated(product).agrees(36 * np.exp(-steps / 10)), steps
    assert estimated(decibels[:, 29] ** 2).agrees(36)


def runs_of(lost) -> np.ndarray:
    """Lengths of the runs of losses in rows of packets; cut ones left out."""
    lengths = []
    for row in lost:
        edges = np.flatnonzero(np.diff(row.astype(int)))
        starts = edges[np.logical_not(row[edges])]
        for start in starts:
            ends = edges[edges > start]
            if len(ends):
                lengths.append(ends[0] - start)
    return np.array(lengths)


@pytest.mark.parametrize(("loss", "burst"), [(0.1, None), (0.2, 5.0), (0.5, 3.0)])
def test_packets_are_lost_in_bursts(loss, burst, over, estimated):
    rx = over(erasure.build("awgn", loss, burst, 10), ones(300, 10 * 200), 0.0)
    lost = rx.no > 10
    packets = lost[:, ::10]
    assert np.all(lost.reshape(300, -1, 10) == packets[..., None])
    assert estimated(packets.mean(axis=1)).agrees(loss)
    assert estimated(packets[:, 0]).agrees(loss)  # from the start
    lengths, expected = runs_of(packets), burst or 1 / (1 - loss)
    assert estimated(lengths).agrees(expected) or abs(lengths.mean() - expected) < 0.1
    geometric = [np.mean(lengths == n) for n in (1, 2)]
    share = 1 / expected
    np.testing.assert_allclose(geometric, [share, share * (1 - share)], atol=0.03)


def test_what_is_lost_says_nothing(over):
    rx = over(erasure.build("rician", 0.5, None, 10), ones(50, 1000), 30.0)
    lost = rx.no > 10
    assert 0.4 < lost.mean() < 0.6
    assert np.mean(np.abs(rx.x_hat[lost]) > 0.1) > 0.999
    assert np.median(np.abs(rx.x_hat[lost] - 1)) > 10
    assert np.median(np.abs(rx.x_hat[~lost] - 1)) < 0.1
