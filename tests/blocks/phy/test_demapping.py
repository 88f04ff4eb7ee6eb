"""Soft bits of QAM symbols against Sionna's demapper over the whole constellation."""

import numpy as np
import pytest
from sionna.phy.mapping import Constellation, Demapper

from blocks.phy.demapping import soft_bits

ORDERS = [2, 4, 6, 8]


def received(count: int = 500) -> tuple[np.ndarray, np.ndarray]:
    """Symbols around the constellation, and noise from 30 to -10 dB."""
    rng = np.random.default_rng(1)
    x_hat = rng.normal(0, 0.7, (count, 2)) @ [1, 1j]
    no = 10 ** rng.uniform(-3, 1, count)
    return x_hat.astype(np.complex64), no.astype(np.float32)


@pytest.mark.parametrize("order", ORDERS)
def test_values_are_those_of_the_whole_constellation(order):
    x_hat, no = received()
    demapper = Demapper("app", constellation=Constellation("qam", order))
    expected = demapper(x_hat, no).numpy().reshape(-1, order)
    np.testing.assert_allclose(
        soft_bits(x_hat, no, order), expected, rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("order", ORDERS)
def test_erased_symbols_say_nothing(order):
    x_hat, no = received()
    assert not soft_bits(x_hat, np.full_like(no, np.inf), order).any()


@pytest.mark.parametrize("order", ORDERS)
def test_likelihoods_that_vanish_have_their_logarithms(order):
    """At 60 dB all but the nearest level have no likelihood in double precision."""
    points = Constellation("qam", order)().numpy()
    labels = np.arange(len(points))[:, None] >> np.arange(order)[::-1] & 1
    llr = soft_bits(points, np.full(len(points), 1e-6, np.float32), order)
    assert np.isfinite(llr).all()
    np.testing.assert_array_equal(llr > 0, labels)
    # (distance to the nearest other level)^2 / no, or a multiple of it
    assert np.abs(llr).min() == pytest.approx(
        1e6 * np.diff(np.unique(points.real)).min() ** 2, rel=1e-3
    )
