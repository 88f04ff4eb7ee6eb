"""The linear code with importance reaches the least weighted error of the theory.

``P = max(0, sqrt(w s^2 N0 / mu) - N0)`` minimises ``sum w s^2 N0 / (P + N0)``.
"""

from pathlib import Path

import numpy as np
import pytest
from scipy.fft import idctn

from blocks.importances import WEIGHTS
from blocks.linear.importance import Weighting, spectral_weights
from blocks.linear.model import analyse, frequency_bins, grid_of, shipped
from blocks.linear.payload import AnalogPayload, Point, mask
from blocks.phy import analog
from blocks.phy.level_map import LevelMaps
from blocks.sources.images import load_rgb
from semlink.units import db_to_linear

COCO = Path(__file__).parents[3] / "shared/data/coco-mini/val2014"
COUNT = 20000
EVERYTHING = 1900  # quality whose threshold is below the weakest coefficient


def gaussian(seed: int = 0):
    """Coefficients, deviations and weights of a Gaussian source : [1, n] each."""
    rng = np.random.default_rng(seed)
    sigma = np.exp2(rng.uniform(-2, 0, (1, COUNT)))
    weights = rng.choice(WEIGHTS, (1, COUNT))
    return sigma * rng.normal(size=(1, COUNT)), sigma, weights


def least(sigma, weights, noise: float) -> float:
    """The least weighted error of components, by the closed form."""
    total = len(sigma) / 2
    power = analog.power_by_noise(np.sqrt(weights) * sigma, noise, total)
    return float(np.sum(weights * analog.distortion(power, sigma, noise)))


def sent(x, sigma, scale, snr_db: float, quality: int, seed: int):
    """Coefficients [B, K] over AWGN: the mask of those sent, and all estimates."""
    at = Point(0.0, db_to_linear(-snr_db) / 2, True)
    code, scaled = AnalogPayload(), scale * sigma
    coded = code.send(scale * x, scaled, at, quality)
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, np.sqrt(at.noise), (2, len(coded.analog)))
    no = np.full(len(coded.analog), 2 * at.noise, np.float32)
    header = coded.fields | {"quality": quality}
    received = coded.analog + noise[0] + 1j * noise[1]
    estimate, _ = code.receive(received.astype(np.complex64), no, scaled, header)
    return mask(scaled, quality), estimate / scale


@pytest.mark.parametrize("snr_db", [5.0, 10.0, 20.0])
def test_a_gaussian_source_has_the_least_weighted_error(snr_db):
    errors, best = [], []
    for seed in range(6):
        x, sigma, weights = gaussian(seed)
        kept, estimate = sent(x, sigma, np.sqrt(weights), snr_db, EVERYTHING, seed)
        assert kept.all()
        errors.append(np.sum(weights * (x - estimate) ** 2))
        best.append(least(sigma[0], weights[0], db_to_linear(-snr_db) / 2))
    assert np.mean(errors) == pytest.approx(np.mean(best), rel=0.02)


@pytest.mark.parametrize("snr_db", [5.0, 10.0, 20.0])
def test_one_half_is_the_best_exponent(snr_db):
    x, sigma, weights = gaussian()
    exponents, errors = np.linspace(0.3, 0.7, 9), []
    for b in exponents:
        _, estimate = sent(x, sigma, weights**b, snr_db, EVERYTHING, 2)
        errors.append(np.sum(weights * (x - estimate) ** 2))
    curve = np.polyfit(exponents, errors, 2)
    assert curve[0] > 0
    assert -curve[1] / (2 * curve[0]) == pytest.approx(0.5, abs=0.05)


def weighted_errors(images, snr_db: float, quality: int = 1100):
    """Weighted errors of pictures, and those of the closed form.

    Deviations are those of eight classes of blocks of the picture itself. The left
    third of a picture matters most.
    """
    model = shipped()
    for number, image in enumerate(images):
        grid = grid_of(*image.shape[:2])
        x = analyse(image, np.full(3, 117, np.uint8), model).astype(float)
        levels = np.zeros(grid, np.uint8)
        levels[:, : grid[1] // 3], levels[: grid[0] // 3] = 3, 1
        bits = LevelMaps(len(WEIGHTS)).encode(levels)
        scale = Weighting("none", 0.5).scale(bits, grid, model)
        sigma = deviations_of(x, grid, model.num_spectral)
        kept, estimate = sent(x, sigma, scale, snr_db, quality, number)
        error = np.sum((scale * (x - estimate))[kept] ** 2)
        noise = db_to_linear(-snr_db) / 2
        weights = np.broadcast_to(scale, x.shape)[kept] ** 2
        yield error, least(sigma[kept], weights, noise)


def deviations_of(x: np.ndarray, grid, num_spectral: int) -> np.ndarray:
    """Deviations of eight classes of blocks, and of the spectral coefficients."""
    order = np.argsort(np.argsort(np.sum(x[:, num_spectral:] ** 2, axis=1)))
    sigma = np.zeros(x.shape)
    for c in range(8):
        there = order * 8 // len(x) == c
        sigma[there] = np.sqrt(np.mean(x[there] ** 2, axis=0))
    bins = frequency_bins(grid)
    for b in np.unique(bins):
        spectral = x[bins == b, :num_spectral]
        sigma[bins == b, :num_spectral] = np.sqrt(np.mean(spectral**2, axis=0))
    return np.maximum(sigma, 1e-6)


def test_pieces_of_photos_have_the_least_weighted_error(photo_of):
    pieces = [
        photo_of(number)[top : top + 192, 100:356]
        for number in range(5)
        for top in (0, 128)
    ]
    errors, best = np.transpose(list(weighted_errors(pieces, 10.0)))
    assert np.mean(errors / best) == pytest.approx(1, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("snr_db", [5.0, 20.0])
def test_twenty_photos_have_the_least_weighted_error(snr_db):
    if not COCO.exists():
        pytest.skip("no coco-mini here")
    images = [load_rgb(path) for path in sorted(COCO.glob("*.jpg"))[:20]]
    errors, best = np.transpose(list(weighted_errors(images, snr_db)))
    assert np.mean(errors / best) == pytest.approx(1, abs=0.02)


def test_weights_of_a_spectrum_are_those_of_its_functions():
    """Independent errors of the spectrum cost what they cost in the picture."""
    rng = np.random.default_rng(0)
    weights = rng.choice(WEIGHTS, (6, 9))
    errors = rng.normal(size=(20000, 6, 9)) * rng.uniform(0.1, 1, (6, 9))
    blocks = idctn(errors, axes=(1, 2), norm="ortho")
    in_picture = np.mean(np.sum(weights * blocks**2, axis=(1, 2)))
    in_spectrum = np.mean(np.sum(spectral_weights(weights) * errors**2, axis=(1, 2)))
    assert in_spectrum == pytest.approx(in_picture, rel=0.02)
    np.testing.assert_allclose(spectral_weights(np.ones((6, 9))), 1)
