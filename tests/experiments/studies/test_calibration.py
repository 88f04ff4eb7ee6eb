"""What a study says of an inspector that is known to be right, or wrong."""

import numpy as np
import pytest
from scipy.stats import norm

from experiments.studies.calibration import (
    Seen,
    decided,
    exceeding,
    expected_calibration_error,
    ranks,
    report,
)

SPREAD = 0.5  # of the log of the true over the expected error
COUNT = 4000


@pytest.fixture
def pictures():
    """Regions whose true error is lognormal around twice the expectation."""
    rng = np.random.default_rng(1)

    def picture() -> Seen:
        expected = np.exp(rng.normal(3, 1, COUNT))
        true = 2 * expected * np.exp(rng.normal(0, SPREAD, COUNT))
        return Seen(expected, true, expected / 2)

    return [picture() for _ in range(4)]


def test_rank_correlation_is_that_of_gaussian_logs(pictures):
    every = Seen(*map(np.concatenate, zip(*pictures, strict=True)))
    over, _, within = ranks(pictures, every)
    expected = 6 / np.pi * np.arcsin(1 / np.sqrt(1 + SPREAD**2) / 2)
    assert over == pytest.approx(expected, abs=0.01)
    assert within == pytest.approx(expected, abs=0.01)


def test_probabilities_are_calibrated_though_expectations_are_not(pictures):
    fitted, judged = pictures[:2]
    bad = float(np.median(judged.true))
    probability, wrong = exceeding(fitted, judged, bad), judged.true > bad
    exact = norm.cdf(np.log(2 * judged.expected / bad) / SPREAD)
    assert np.abs(probability - exact).max() < 0.03
    assert expected_calibration_error(probability, wrong) < 0.03
    assert expected_calibration_error(1 - probability, wrong) > 0.3


@pytest.mark.parametrize("risk", [0.02, 0.1])
def test_accepted_regions_have_the_risk(pictures, risk):
    fitted, judged = pictures[:2]
    bad = float(np.median(fitted.true))
    accepted, asked, rejected, measured = decided(fitted, judged, risk, bad)
    assert measured == pytest.approx(risk, abs=0.015)
    assert accepted + asked + rejected == pytest.approx(1)
    assert 0.1 < accepted < 0.6
    assert asked > 0.1


def test_the_report_has_a_line_for_every_risk(pictures, tmp_path):
    text = report(pictures, tmp_path / "calibration.png")
    assert text.count("%") >= 4 * 5
    assert (tmp_path / "calibration.png").stat().st_size > 10_000
