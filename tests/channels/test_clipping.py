"""Clipping against Bussgang's theory, and in a link."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from channels import tdl
from channels.clipping import Clipping, waveform
from semlink.rng import Course


def symbols(rows, carriers, seed=5):
    draw = np.random.default_rng(seed).normal(size=(2, rows, carriers))
    return ((draw[0] + 1j * draw[1]) / np.sqrt(2)).astype(np.complex64)


def test_the_waveform_is_the_signal():
    x = symbols(50, 72)
    samples = waveform(tf.constant(x)).numpy()
    energy = np.sum(np.abs(x) ** 2, axis=1) / 72
    np.testing.assert_allclose(np.mean(np.abs(samples) ** 2, axis=1), energy, rtol=1e-4)
    # at the carriers' own rate, the plain transform
    plain = np.fft.ifft(x, axis=1) * np.sqrt(72)
    np.testing.assert_allclose(samples[:, ::4], plain, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("level_db", [0.0, 3.0, 6.0])
def test_gain_and_distortion_are_those_of_bussgang(level_db):
    clipping = Clipping(level_db, 600)
    a = 10 ** (level_db / 20)
    gain = 1 - np.exp(-(a**2)) + np.sqrt(np.pi) / 2 * a * special.erfc(a)
    assert clipping.gain == pytest.approx(gain, abs=0.005)
    everything = (1 - np.exp(-(a**2)) - gain**2) / gain**2
    # some of it falls out of band
    assert 0.5 * everything < clipping.distortion < everything


def test_a_level_that_is_never_reached_changes_nothing():
    clipping, x = Clipping(25.0, 72), symbols(20, 72)
    assert clipping.gain == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(clipping(tf.constant(x)), x, atol=1e-4)


def test_peaks_are_cut():
    x = symbols(500, 72)
    clipped = waveform(Clipping(4.0, 72).clipped(tf.constant(x))).numpy()
    before, after = (
        np.quantile(np.abs(s).max(axis=1), 0.9) for s in (waveform(x).numpy(), clipped)
    )
    # what is filtered off lets peaks grow again a little
    assert after < 0.85 * before


@pytest.mark.parametrize("csi", ["perfect", "ls"])
def test_the_receiver_knows_what_clipping_adds(csi):
    x = symbols(400, 864)
    at = np.float32(25.0), Course(1)
    rx = tdl.build("A", subcarriers=72, clip_db=2.0, csi=csi)(x, *at)
    error = np.abs(rx.x_hat.numpy() - x) ** 2
    told = rx.no.numpy()
    strong = told < np.median(told)  # there clipping is most of it
    assert error[strong].mean() == pytest.approx(told[strong].mean(), rel=0.1)
    loud = tdl.build("A", subcarriers=72, csi=csi)(x, *at).no.numpy()
    assert told[strong].mean() > 2 * np.median(loud[strong])
