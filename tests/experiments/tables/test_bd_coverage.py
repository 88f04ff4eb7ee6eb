"""Coverage of the intervals of Bjontegaard deltas, on images whose truth is known.

The images of a set differ in how hard they are. A hard image takes more rate and has a
lower PSNR. The rate parameter of a code is searched for the set: its mean CBR is the
target, as in the mode ``average``. Over the population, mean log-normal rates and mean
PSNRs follow in closed form, and so do the deltas.
"""

from pathlib import Path

import numpy as np
import pytest

from experiments.studies.bjontegaard_delta import delta
from experiments.tables import curves
from experiments.tables.curves import Curve, compared

CBRS = np.array([0.01, 0.02, 0.03, 0.0625])
HARD, OWN = 0.5, 0.2  # standard deviation of log rates: shared by codes, and of one
MEAN_LOG = (HARD**2 + OWN**2) / 2  # log of the mean rate over the population
CODES = ((0.0, 4.0, 0.3), (0.5, 4.3, 0.4))  # gain [dB], slope, noise [dB]


def level(log_quality, gain, slope):
    """Mean PSNR [dB] of a code at a rate parameter."""
    x = log_quality - np.log(0.03)
    return 28 + gain + slope * x - 0.3 * x**2


def truth():
    """Deltas of the population."""
    logs = np.log(CBRS)
    return delta(
        *(
            list(zip(CBRS, level(logs - MEAN_LOG, gain, slope), strict=True))
            for gain, slope, _ in CODES
        )
    )


def drawn(rng, images):
    """The curves of two codes on a set of images."""
    hard = rng.normal(size=images)
    return [_curve(rng, hard, *code) for code in CODES]


def _curve(rng, hard, gain, slope, noise):
    images = len(hard)
    rates = np.exp(HARD * hard + OWN * rng.normal(size=images))
    log_quality = np.log(CBRS / rates.mean())[:, None]
    spent = np.exp(log_quality) * rates
    psnr = level(log_quality, gain, slope) - 2.5 * hard
    psnr = psnr + noise * rng.normal(size=images) + 0.1 * rng.normal(size=spent.shape)
    rows = [
        {"transmitter": "", "images": images, "cbr": x.mean(), "mean": y.mean()}
        for x, y in zip(spent, psnr, strict=True)
    ]
    sums = ([{i: (v, 1.0) for i, v in enumerate(p)} for p in q] for q in (psnr, spent))
    return Curve(Path(), rows, *sums)


def coverage(images, sets):
    """Share of sets whose intervals hold the true gain and the true rate [2]."""
    known, rng, held = truth(), np.random.default_rng(images), np.zeros(2)
    for _ in range(sets):
        found = compared(*drawn(rng, images))
        for k, name in enumerate(("gain", "rate")):
            low, high = getattr(found, name)
            held[k] += low <= getattr(known, name) <= high
    return held / sets


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    """Standard errors of 400 resamples are known within 4 %."""
    monkeypatch.setattr(curves, "RESAMPLES", 400)


def test_the_truth_of_the_toy_is_that_of_many_images():
    many = drawn(np.random.default_rng(0), 20_000)
    known, found = truth(), delta(*(curve.points for curve in many))
    assert known.gain == pytest.approx(found.gain, abs=0.04)
    assert known.rate == pytest.approx(found.rate, abs=0.008)


def test_intervals_hold_the_truth():
    """Within three standard errors of 100 sets around the nominal 0.95."""
    assert coverage(images=20, sets=100) == pytest.approx([0.95, 0.95], abs=0.065)


@pytest.mark.slow
@pytest.mark.parametrize("images", [5, 20, 40])
def test_coverage(images):
    """Nominal from 20 images on; over five, Student's t of a skew rate is too short."""
    held, sets = coverage(images, 2000), 2000
    print(f"{images} images: {held[0]:.3f} of BD-PSNR, {held[1]:.3f} of BD-rate")
    error = np.sqrt(0.95 * 0.05 / sets)
    assert np.all(np.abs(held - 0.95) < (3 * error if images > 5 else 0.05))
