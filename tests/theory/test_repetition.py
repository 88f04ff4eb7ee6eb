"""Repetition with maximum-ratio combining is worth 10 log10(r) dB."""

import numpy as np
import pytest

from blocks.phy.analog import distortion, pack, power_by_noise, unpack
from blocks.phy.repetition import Repeated
from semlink.signals import RxSignal
from semlink.units import psnr_db

COUNT = 200_000  # values; 0.05 dB is over three standard deviations


def noisy(x: np.ndarray, snr_db: float, seed: int) -> RxSignal:
    """Symbols over AWGN."""
    no, draw = 10 ** (-snr_db / 10), np.random.default_rng(seed)
    noise = draw.normal(size=2 * len(x)).view(np.complex128) * np.sqrt(no / 2)
    gains = np.ones(len(x), np.complex64)
    return RxSignal(
        (x + noise).astype(np.complex64), np.full(len(x), no, np.float32), gains
    )


@pytest.mark.parametrize("times", [2, 4])
def test_gaussian_values_have_the_error_of_one_at_more_power(times):
    rng, snr_db = np.random.default_rng(1), 4.0
    sigma = np.exp(rng.normal(0, 1, COUNT))
    power = power_by_noise(sigma, 10 ** (-snr_db / 10) / 2, COUNT / 2)
    values = rng.normal(size=COUNT) * sigma
    x = pack(values * np.sqrt(power) / sigma)
    repeated = Repeated(COUNT, np.float32)
    for seed in range(times):
        rx = noisy(x, snr_db, 10 + seed)
        repeated.take(*unpack(rx.x_hat, rx.no, COUNT))
    received, noise = repeated.values
    once_db = snr_db + 10 * np.log10(times)
    np.testing.assert_allclose(noise, 10 ** (-once_db / 10) / 2, rtol=1e-5)
    estimates = sigma * np.sqrt(power) / (power + noise) * received
    expected = distortion(power, sigma, 10 ** (-once_db / 10) / 2).mean()
    measured_db = 10 * np.log10(np.mean((estimates - values) ** 2) / expected)
    assert abs(measured_db) < 0.05


def test_an_erased_value_is_the_one_that_arrives():
    repeated = Repeated(3, np.float32)
    repeated.take(np.float32([0, 1, 0]), np.float32([np.inf, 0.5, np.inf]))
    repeated.take(np.float32([2, 0]), np.float32([1, np.inf]), [0, 1])
    values, noise = repeated.values
    np.testing.assert_allclose(values, [2, 1, 0])
    np.testing.assert_allclose(noise, [1, 0.5, np.inf])


@pytest.mark.slow
@pytest.mark.parametrize("times", [2, 3])
def test_a_picture_sent_again_as_a_whole_is_one_at_more_power(
    times, link_of, photo_of, sample_of, planned
):
    """At a frozen plan; over three draws, since only the noise differs."""
    sample = sample_of(photo_of(0)[40:296, 150:534])
    word = f"ntscc[arq=whole,max_transmissions={times}]"
    link = link_of(word)
    plan, (tx,) = planned(link, [sample], 0.13, 6.0)
    receiver, differences = link.pair.receiver, []
    for seed in range(3):
        process, sent = receiver.listen(), tx
        for number in range(times):
            estimate = process(noisy(sent.x, 6.0, 100 * seed + number))
            if number < times - 1:
                content = process.request.content
                sent = link.transmitter.again(sample, tx, plan, content, number + 1)
        once = noisy(tx.x, 6.0 + 10 * np.log10(times), 100 * seed + 50)
        other, _ = receiver(once)
        shown = [psnr_db(sample.data, e.data) for e in (estimate, other)]
        differences.append(shown[0] - shown[1])
    assert abs(np.mean(differences)) < 0.05
