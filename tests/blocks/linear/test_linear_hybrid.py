"""The hybrid payload of the linear code: its closed form, gain, and lost bits."""

import numpy as np
import pytest

from baselines import linear_jscc
from blocks.linear import hybrid as linear_hybrid
from blocks.linear.hybrid import HybridPayload
from blocks.linear.payload import AnalogPayload, Point
from blocks.phy.hybrid import LONG
from blocks.phy.side_information import choose
from semlink.errors import InputError
from semlink.units import db_to_linear, psnr_db

SNRS = (4.0, 10.0, 20.0)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def _coefficients(rng) -> tuple[np.ndarray, np.ndarray]:
    """Gaussian coefficients [B, K] as strong and as weak as those of photos."""
    decay = 4.0 * np.arange(1, 257) ** -1.2
    sigma = decay * np.exp2(rng.uniform(-2, 1, (400, 1)))
    return sigma * rng.standard_normal(sigma.shape), sigma


def _received(payload, x, sigma, at: Point, quality: int, rng):
    """Send coefficients over AWGN : squared error and channel uses."""
    coded = payload.send(x, sigma, at, quality)
    symbols = np.concatenate([coded.digital, coded.analog])
    no = 2 * at.noise
    noise = rng.standard_normal((2, len(symbols))) * np.sqrt(no / 2)
    x_hat = (symbols + noise[0] + 1j * noise[1]).astype(np.complex64)
    header = {"quality": quality, **coded.fields}
    received, _ = payload.receive(
        x_hat, np.full(len(symbols), no, np.float32), sigma, header
    )
    return np.sum((received - x) ** 2), len(symbols)


@pytest.mark.parametrize("snr_db", SNRS)
def test_it_is_within_a_tenth_of_a_decibel_of_its_closed_form(rng, snr_db):
    x, sigma = _coefficients(rng)
    at = Point(snr_db, db_to_linear(-snr_db) / 2, True)
    expected, uses = linear_hybrid.closed_form(sigma, at, 1400, choose(snr_db, LONG))
    error, symbols = _received(HybridPayload(), x, sigma, at, 1400, rng)
    assert abs(10 * np.log10(error / expected)) < 0.1
    # CRC and filler of the digital part are not in the closed form
    assert uses * 0.995 < symbols < uses * 1.05


@pytest.mark.parametrize("snr_db", SNRS)
def test_at_equal_uses_it_beats_the_analog_payload(rng, snr_db):
    x, sigma = _coefficients(rng)
    at = Point(snr_db, db_to_linear(-snr_db) / 2, True)
    error, symbols = _received(HybridPayload(), x, sigma, at, 1400, rng)
    analog = AnalogPayload()
    quality = next(
        q for q in range(600, 4096, 8) if analog.num_symbols(x, sigma, at, q) >= symbols
    )
    other, _ = _received(analog, x, sigma, at, quality, rng)
    assert 10 * np.log10(other / error) > 0.2


def test_if_the_bits_are_lost_the_analog_part_arrives(rng):
    """What has no bits is received as before; what has bits is at its mean."""
    x, sigma = _coefficients(rng)
    at = Point(10.0, db_to_linear(-10.0) / 2, True)
    payload = HybridPayload()
    coded = payload.send(x, sigma, at, 1400)
    header = {"quality": 1400, **coded.fields}
    digital, no = len(coded.digital), 2 * at.noise
    symbols = np.concatenate([coded.digital, coded.analog])
    noise = np.full(len(symbols), no, np.float32)
    intact, _ = payload.receive(symbols, noise, sigma, header)
    symbols[:digital], noise[:digital] = 0, 1e6
    lost, blocks = payload.receive(symbols, noise, sigma, header)
    assert blocks.shape == coded.blocks.shape
    analog = lost != 0
    assert 0.02 < analog.mean() < 0.9
    np.testing.assert_array_equal(lost[analog], intact[analog])
    assert np.all(lost[sigma > np.quantile(sigma, 0.999)] == 0)
    assert np.sum((lost - x) ** 2) < np.sum(x**2)


@pytest.mark.slow
@pytest.mark.parametrize("snr_db", SNRS)
def test_a_photo_gains(photo_of, sample_of, planned, received, link_of, snr_db):
    source = [sample_of(photo_of(0)[:256, :384], 0)]
    psnr = {}
    for hybrid in ("false", "true"):
        link = link_of(f"linear_jscc[hybrid={hybrid}]")
        _, (tx,) = planned(link, source, 0.0625, snr_db, "average")
        assert tx.ledger.total <= 0.0625 * source[0].values
        estimate = received(link, tx, snr_db, seed=0)
        np.testing.assert_array_equal(estimate.blocks, tx.blocks)
        psnr[hybrid] = psnr_db(source[0].data, estimate.data)
    assert psnr["true"] > psnr["false"] + 0.3


def test_without_csi_it_is_refused():
    with pytest.raises(InputError, match="hybrid needs csi=true, got csi=false"):
        linear_jscc.build(hybrid=True, csi=False)
