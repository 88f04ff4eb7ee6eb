"""Uncoded transmission of a Gaussian source over AWGN meets D(C), and never beats it.

At two values in a complex symbol the rate at capacity is ``R = log2(1 + SNR) / 2``
bits per value, hence ``D = 2^(-2R) = 1 / (1 + SNR)``. Over Rayleigh fading with a
new gain for every symbol its distortion is the mean of ``1 / (1 + g SNR)`` over
exponential g, ``exp(1/SNR) E1(1/SNR) / SNR``.

References
----------
T. J. Goblick, "Theoretical limitations on the transmission of data from analog
sources", 1965. Abramowitz, Stegun, 5.1.28, for the integral.
"""

import numpy as np
import pytest
from scipy.special import exp1

from blocks.sources.gaussian import distortion_rate
from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.units import db_to_linear

KNOWN = catalogue()
pytestmark = pytest.mark.skipif(
    "uncoded" not in KNOWN.registries["transmitter"].names(), reason="no such file"
)


@pytest.fixture(scope="module")
def source():
    spec = ComponentSpec.model_validate("gaussian[count=8]")
    return list(KNOWN.build("source", spec))


@pytest.fixture(scope="module")
def signals(source, link_of, planned):
    """What is sent of Gaussian images."""
    return planned(link_of("uncoded"), source, 0.55)[1]


@pytest.fixture(scope="module")
def squared_errors(source, signals, link_of, received):
    """Give the squared error of every value that arrived."""

    def errors(channel: str, snr_db: float) -> np.ndarray:
        link, parts = link_of("uncoded", channel), []
        for number, (sample, tx) in enumerate(zip(source, signals, strict=True)):
            estimate = received(link, tx, snr_db, seed=number)
            assert not estimate.lost
            assert estimate.data.dtype == np.float32
            parts.append((estimate.data - sample.data).reshape(-1) ** 2)
        return np.concatenate(parts)

    return errors


@pytest.mark.parametrize("snr_db", [2.0, 10.0, 20.0])
def test_distortion_over_awgn_is_that_of_capacity(snr_db, estimated, squared_errors):
    measured = estimated(squared_errors("awgn", snr_db))
    snr = db_to_linear(snr_db)
    bound = distortion_rate(np.log2(1 + snr) / 2)
    np.testing.assert_allclose(bound, 1 / (1 + snr))
    assert measured.agrees(bound), measured


@pytest.mark.parametrize("snr_db", [2.0, 10.0, 20.0])
def test_distortion_is_never_below_that_of_all_symbols(
    snr_db, estimated, source, signals, squared_errors
):
    uses = sum(tx.ledger.total for tx in signals)
    values = sum(sample.values for sample in source)
    rate = np.log2(1 + db_to_linear(snr_db)) * uses / values
    measured = estimated(squared_errors("awgn", snr_db))
    assert measured.mean + 4 * measured.error >= distortion_rate(rate)


@pytest.mark.parametrize("snr_db", [5.0, 15.0])
def test_distortion_over_rayleigh_is_the_integral(snr_db, estimated, squared_errors):
    # the two values of a symbol share its fade
    measured = estimated(squared_errors("rayleigh:1", snr_db).reshape(-1, 2).mean(1))
    snr = db_to_linear(snr_db)
    expected = np.exp(1 / snr) * exp1(1 / snr) / snr
    assert measured.agrees(expected), measured
