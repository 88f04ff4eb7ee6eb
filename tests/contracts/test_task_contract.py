"""Every registered task keeps the contract of a task; reconstruction in detail."""

import inspect

import numpy as np
import pytest

from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.protocols import Task
from semlink.signals import Estimate, SourceBatch
from semlink.units import PSNR_CAP_DB

REGISTRY = catalogue().registries["task"]
TASKS = [
    name
    for name in REGISTRY.names()
    if all(
        p.default is not inspect.Parameter.empty for p in REGISTRY.schema(name).values()
    )
]
every = pytest.mark.parametrize("name", TASKS)


def build(name: str):
    return catalogue().build("task", ComponentSpec(name=name))


def batch_of(*images: np.ndarray) -> SourceBatch:
    count = len(images)
    names = tuple(f"image {i}" for i in range(count))
    return SourceBatch(np.stack(images), tuple(range(count)), names, ({},) * count)


def estimate_of(*images: np.ndarray) -> Estimate:
    none = np.zeros((0, 0), np.uint8)
    return Estimate(images, np.zeros(len(images), bool), (none,) * len(images))


def reconstruction(reference: np.ndarray, estimate: np.ndarray) -> dict:
    """Metrics of one image: {metric: (sum, count)} as numbers."""
    metrics = build("reconstruction")(batch_of(reference), estimate_of(estimate))
    return {k: (float(s[0]), float(c[0])) for k, (s, c) in metrics.items()}


@pytest.fixture
def photo(make_picture) -> np.ndarray:
    return make_picture(180, 200).image[0]


@every
def test_is_a_task(name):
    assert isinstance(build(name), Task)


@every
def test_metrics_are_those_it_names(name, photo):
    task = build(name)
    worse = np.clip(photo.astype(int) + 9, 0, 255).astype(np.uint8)
    metrics = task(batch_of(photo, photo), estimate_of(photo, worse))
    assert isinstance(task.metrics, tuple)
    assert tuple(metrics) == task.metrics
    for total, count in metrics.values():
        assert np.shape(total) == np.shape(count) == (2,)
        assert np.all(np.isfinite(total))
        assert np.all(np.asarray(count) >= 0)


@every
def test_an_image_is_judged_alone(name, photo):
    task, flipped = build(name), photo[::-1]
    both = task(batch_of(photo, flipped), estimate_of(flipped, flipped))
    alone = task(batch_of(flipped), estimate_of(flipped))
    for metric in task.metrics:
        assert both[metric][0][1] == alone[metric][0][0]
        assert both[metric][1][1] == alone[metric][1][0]


def test_an_exact_copy(photo):
    metrics = reconstruction(photo, photo.copy())
    assert metrics["psnr"] == (PSNR_CAP_DB, 1)
    assert metrics["ssim"] == (1, 1)
    assert metrics["ms_ssim"] == (1, 1)
    assert metrics["mse"] == (0, 1)


def test_psnr_is_its_definition(photo):
    worse = photo ^ 4  # every value moves by 4
    metrics = reconstruction(photo, worse)
    assert metrics["mse"][0] == 16
    np.testing.assert_allclose(metrics["psnr"][0], 20 * np.log10(255 / 4))


def test_ssim_is_that_of_scikit_image(photo):
    from skimage.metrics import structural_similarity

    noise = np.random.default_rng(0).normal(0, 20, photo.shape)
    worse = np.clip(photo + noise, 0, 255).astype(np.uint8)
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    # scikit-image pads the borders that tf.image leaves out, and crops them again
    expected = structural_similarity(
        photo, worse, channel_axis=-1, data_range=255, win_size=11, **options
    )
    assert abs(reconstruction(photo, worse)["ssim"][0] - expected) < 1e-3


def test_one_colour_is_stretched(photo):
    colour = np.array([[[10, 200, 30]]], np.uint8)
    full = np.broadcast_to(colour, photo.shape)
    assert reconstruction(photo, colour) == reconstruction(photo, full)


def test_a_wrong_size_counts_as_mid_grey(photo):
    grey = reconstruction(photo, np.full_like(photo, 128))
    assert reconstruction(photo, photo[:-1]) == grey
    assert reconstruction(photo, photo.transpose(1, 0, 2)) == grey
    assert grey["psnr"][0] < 25


def test_a_mean_is_not_made_worse_by_small_images(photo):
    small = photo[:100, :100]
    metrics = reconstruction(small, small)
    assert metrics["ms_ssim"] == (0, 0)
    assert metrics["ssim"] == (1, 1)
    tiny = reconstruction(photo[:8, :8], photo[:8, :8])
    assert tiny["ssim"] == tiny["ms_ssim"] == (0, 0)
    assert tiny["psnr"] == (PSNR_CAP_DB, 1)


@pytest.mark.parametrize("side", [161, 160])
def test_ms_ssim_begins_where_its_window_fits(side, make_picture):
    image = make_picture(side, 170).image[0]
    assert reconstruction(image, image)["ms_ssim"] == ((1, 1) if side > 160 else (0, 0))


def test_a_toy_has_an_mse_only():
    toy = np.random.default_rng(0).normal(size=(20, 20, 3)).astype(np.float32)
    metrics = reconstruction(toy, toy + np.float32(0.5))
    np.testing.assert_allclose(metrics["mse"][0], 0.25, rtol=1e-5)
    assert metrics["psnr"] == metrics["ssim"] == (0, 0)


def test_a_lost_toy_costs_its_variance():
    toy = np.random.default_rng(0).normal(size=(20, 20, 3)).astype(np.float32)
    # a receiver that lost the header does not know that it was no picture
    metrics = reconstruction(toy, np.full((1, 1, 3), 128, np.uint8))
    np.testing.assert_allclose(metrics["mse"][0], np.mean(toy**2), rtol=1e-5)
