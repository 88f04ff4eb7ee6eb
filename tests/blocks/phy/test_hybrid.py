"""Split of components into bits and analog dimensions: optimum, code, round trip."""

import numpy as np
import pytest

from blocks.phy import analog as phy_analog
from blocks.phy import hybrid
from blocks.phy.hybrid import DIGITAL, NONE, SPLIT, Prices, Split

EFFICIENCY = {4.0: 1.18, 10.0: 2.67, 20.0: 5.55}


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def _sigma(rng, count: int = 4000) -> np.ndarray:
    """Deviations over seven octaves."""
    return np.exp2(rng.uniform(-4, 3, count))


def _plan(sigma: np.ndarray, snr_db: float, threshold: float) -> tuple[Split, Prices]:
    noise = 10 ** (-snr_db / 10)
    count = np.ones(len(sigma))
    floor = hybrid.best_floor(sigma, count, threshold, noise, EFFICIENCY[snr_db])
    at = hybrid.prices(threshold, floor, noise, EFFICIENCY[snr_db])
    return hybrid.split(sigma, at), at


def _spent(by: Split, at: Prices) -> tuple[float, float]:
    """Squared error, and dimensions at the price of bits in dimensions."""
    rest = by.sigma[by.analog]
    power = np.maximum(rest / at.floor - 1, 0) * at.noise
    power *= len(rest) / power.sum()
    error = np.sum(rest**2 * at.noise / (power + at.noise))
    error += np.sum(by.sigma[~by.analog] ** 2)
    bits = hybrid.quantiser().bits[by.row[by.digital]].sum()
    return error, len(rest) + bits * at.bit / at.dimension


@pytest.mark.parametrize("snr_db", EFFICIENCY)
def test_the_split_beats_analog_dimensions_at_equal_uses(rng, snr_db):
    sigma = np.sort(_sigma(rng))[::-1]
    by, at = _plan(sigma, snr_db, threshold=0.5)
    error, dimensions = _spent(by, at)
    kept = sigma[: round(dimensions)]
    power = phy_analog.power_by_noise(kept, at.noise, len(kept))
    analog = np.sum(phy_analog.distortion(power, kept, at.noise))
    analog += np.sum(sigma[len(kept) :] ** 2)
    assert 10 * np.log10(analog / error) > 0.3


@pytest.mark.parametrize("snr_db", EFFICIENCY)
def test_analog_dimensions_have_power_one_on_average(rng, snr_db):
    by, at = _plan(_sigma(rng), snr_db, threshold=0.5)
    power = np.maximum(by.sigma[by.analog] / at.floor - 1, 0) * at.noise
    assert power.mean() == pytest.approx(1, rel=0.01)


@pytest.mark.parametrize("snr_db", EFFICIENCY)
def test_no_other_mode_of_a_component_costs_less(rng, snr_db):
    sigma = _sigma(rng)
    by, at = _plan(sigma, snr_db, threshold=0.5)
    tables, (coarse, fine) = hybrid.quantiser(), at.steps

    def alone(step: float, analog: bool) -> np.ndarray:
        ratio = np.maximum(sigma / step, 2.0**hybrid.LOWEST)
        row = np.round((np.log2(ratio) - hybrid.LOWEST) * hybrid.PER_OCTAVE)
        row = row.astype(int)
        rest = sigma**2 * tables.left[row]
        return at.bit * tables.bits[row] + (
            at.analog(np.sqrt(rest)) if analog else rest
        )

    modes = [sigma**2, at.analog(sigma), alone(coarse, True), alone(fine, False)]
    best = np.min(modes, axis=0)
    chosen = np.choose(by.mode, modes)
    np.testing.assert_allclose(chosen, best, rtol=1e-9)
    # other steps save at most what a table's grid costs
    for factor in (0.7, 1.4):
        assert (
            np.sum(np.minimum(best, alone(coarse * factor, True))) > 0.99 * best.sum()
        )
        assert np.sum(np.minimum(best, alone(fine * factor, False))) > 0.99 * best.sum()


def test_the_quantiser_has_the_entropy_and_the_error_of_theory():
    tables = hybrid.quantiser()
    ratio = 2.0 ** np.arange(
        hybrid.LOWEST, hybrid.HIGHEST + 0.01, 1 / hybrid.PER_OCTAVE
    )
    strong = ratio > 1.5
    # high resolution: h(N) - log2(step), its next term, and step^2 / 12
    entropy = np.log2(ratio * np.sqrt(2 * np.pi * np.e)) + np.log2(np.e) / 24 / ratio**2
    np.testing.assert_allclose(tables.bits[strong], entropy[strong], atol=0.01)
    left = 1 / (12 * ratio**2)
    np.testing.assert_allclose(tables.left[strong], left[strong], rtol=0.05)
    # the limit of low rates: no bits, the whole variance
    assert tables.bits[0] < 0.01
    assert tables.left[0] == pytest.approx(1, abs=0.01)


def test_bits_decode_to_the_same_integers(rng):
    sigma = _sigma(rng).reshape(40, 100)
    by, _ = _plan(sigma.ravel(), 10.0, threshold=0.5)
    by = Split(*(part.reshape(sigma.shape) for part in by))
    x = sigma * rng.standard_normal(sigma.shape)
    x[0, :3] = 1e4, -1e4, 0  # far outside the tables
    values = hybrid.quantise(x, by)
    bits = hybrid.encode(values, by)
    assert len(bits) == pytest.approx(hybrid.num_bits(values, by), abs=2)
    np.testing.assert_array_equal(hybrid.decode(bits, by), values)
    expected = hybrid.quantiser().bits[by.row[by.digital]].sum()
    assert len(bits) == pytest.approx(expected, rel=0.05)
    rest = (x - hybrid.reconstruct(values, by))[by.digital]
    assert np.mean(rest[3:] ** 2) == pytest.approx(
        np.mean(by.sigma[by.digital][3:] ** 2), rel=0.05
    )


def test_lost_bits_give_nothing(rng):
    by, _ = _plan(_sigma(rng), 10.0, threshold=0.5)
    assert hybrid.decode(None, by) is None
    values = np.zeros(len(by.row), np.int64)
    nothing = by._replace(mode=np.full_like(by.mode, NONE))
    assert len(hybrid.encode(values, nothing)) == 0
    np.testing.assert_array_equal(hybrid.decode(None, nothing), values)


def test_weak_components_go_into_bits_at_high_snr_only(rng):
    modes = {snr: _plan(_sigma(rng), snr, threshold=0.5)[0].mode for snr in EFFICIENCY}
    assert np.any(modes[20.0] == DIGITAL)
    assert not np.any(modes[4.0] == DIGITAL)
    assert all(np.any(mode == SPLIT) for mode in modes.values())
