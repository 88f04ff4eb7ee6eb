"""Noise and fading have the distributions that their names promise."""

import numpy as np
import pytest
from scipy import stats

from channels import rayleigh
from channels.awgn import Awgn

SIGNIFICANCE = 1e-4  # of a test at a fixed seed; a wrong distribution gives 1e-20


def fades(rx, coherence: int) -> np.ndarray:
    """One gain for each fade."""
    return rx.h_hat[:, ::coherence].reshape(-1)


@pytest.mark.parametrize("snr_db", [-5.0, 0.0, 10.0, 20.0])
def test_awgn_has_half_of_n0_in_each_dimension(snr_db, over, estimated):
    n0 = 10 ** (-snr_db / 10)
    rx = over(Awgn(), np.zeros((1, 200_000), np.complex64), snr_db)
    noise = rx.x_hat[0]
    assert estimated(noise.real**2).agrees(n0 / 2)
    assert estimated(noise.imag**2).agrees(n0 / 2)
    assert estimated(noise.real * noise.imag).agrees(0)
    assert estimated(noise.real).agrees(0)
    assert estimated(noise.imag).agrees(0)
    np.testing.assert_allclose(rx.no, n0, rtol=1e-5)


def test_awgn_is_gaussian_and_white(over, estimated):
    noise = over(Awgn(), np.zeros((1, 100_000), np.complex64), 0.0).x_hat[0]
    for part in (noise.real, noise.imag):
        assert stats.kstest(part * np.sqrt(2), "norm").pvalue > SIGNIFICANCE
    neighbours = noise[1::2] * np.conj(noise[::2])
    assert estimated(neighbours.real).agrees(0)
    assert estimated(neighbours.imag).agrees(0)


@pytest.mark.parametrize("coherence", [1, 168])
def test_rayleigh_fades_are_complex_gaussian(coherence, over, estimated):
    x = np.ones((50, 400 * coherence), np.complex64)
    h = fades(over(rayleigh.build(coherence), x, 10.0), coherence)
    assert len(h) == 20_000
    assert estimated(np.abs(h) ** 2).agrees(1)
    assert stats.kstest(np.abs(h) ** 2, "expon").pvalue > SIGNIFICANCE
    uniform = np.angle(h) / (2 * np.pi) + 0.5
    assert stats.kstest(uniform, "uniform").pvalue > SIGNIFICANCE


def test_rayleigh_holds_a_fade_for_its_coherence_length(over):
    rx = over(rayleigh.build(7), np.ones((3, 100), np.complex64), 10.0)
    runs = [row[start : start + 7] for row in rx.h_hat for start in range(0, 100, 7)]
    assert all(np.all(run == run[0]) for run in runs)
    firsts = [run[0] for run in runs]
    assert len(set(firsts)) == len(firsts)


def test_rayleigh_fades_are_independent(over, estimated):
    rx = over(rayleigh.build(10), np.ones((200, 500), np.complex64), 10.0)
    h = rx.h_hat[:, ::10]
    along, across = h[:, 1::2] * np.conj(h[:, ::2]), h[1::2] * np.conj(h[::2])
    for product in (along.reshape(-1), across.reshape(-1)):
        assert estimated(product.real).agrees(0)
        assert estimated(product.imag).agrees(0)


@pytest.mark.parametrize("coherence", [1, 40])
def test_rayleigh_noise_before_equalisation_is_n0(coherence, over, estimated):
    snr_db, n0 = 5.0, 10**-0.5
    x = np.ones((2, 100_000), np.complex64)
    rx = over(rayleigh.build(coherence), x, snr_db)
    noise = ((rx.x_hat - x) * rx.h_hat).reshape(-1)
    assert estimated(noise.real**2).agrees(n0 / 2)
    assert estimated(noise.imag**2).agrees(n0 / 2)
    np.testing.assert_allclose(rx.no * np.abs(rx.h_hat) ** 2, n0, rtol=1e-4)
