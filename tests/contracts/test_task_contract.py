"""Every registered task keeps the contract of a task; reconstruction in detail."""

import json
from collections.abc import Mapping
from typing import get_args

import numpy as np
import pytest

from blocks.questions.answers import Answer
from experiments.compose import catalogue
from semlink.chain import Link
from semlink.config import ComponentSpec
from semlink.loop.exchange import Encoded
from semlink.metrics import Bounded, Kind, Metric, Task
from semlink.modalities.query import Query
from semlink.rng import Seeds
from semlink.signals import IMAGE, NO_BLOCKS, Estimate, Sample, unknown
from semlink.units import PSNR_CAP_DB

REGISTRY = catalogue().registries["task"]
TASKS = REGISTRY.complete()
every = pytest.mark.parametrize("name", TASKS)


def build(name: str):
    return catalogue().build("task", ComponentSpec(name=name))


def sample_of(data: np.ndarray) -> Sample:
    modality = IMAGE if data.dtype == np.uint8 else "signal"
    return Sample(data, modality, data.size, 0, "sample")


def estimate_of(data: np.ndarray) -> Estimate:
    return Estimate(data, IMAGE, False, NO_BLOCKS)


def reconstruction(reference: np.ndarray, estimate: np.ndarray | None) -> dict:
    """Metrics of one image: {metric: (sum, count)}."""
    task = build("reconstruction")
    received = unknown() if estimate is None else estimate_of(estimate)
    return dict(task.observe(sample_of(reference), received))


@pytest.fixture
def photo(make_picture) -> np.ndarray:
    return make_picture(180, 200).data


def worse_than(photo: np.ndarray) -> np.ndarray:
    return np.clip(photo.astype(int) + 9, 0, 255).astype(np.uint8)


@every
def test_is_a_task(name):
    task = build(name)
    assert isinstance(task, Task)
    assert isinstance(task.judges, tuple)
    assert task.judges
    assert isinstance(task.metrics, tuple)


@every
def test_its_metrics_describe_themselves(name):
    metrics = build(name).metrics
    assert len({metric.name for metric in metrics}) == len(metrics) > 0
    for metric in metrics:
        assert isinstance(metric, Metric)
        assert metric.label
        assert metric.kind in get_args(Kind)


@every
def test_what_it_observes_are_the_metrics_it_names(name, photo):
    task = build(name)
    additive = {metric.name for metric in task.metrics if metric.kind != "set"}
    of_a_set = {metric.name for metric in task.metrics if metric.kind == "set"}
    seen = []
    for received in (estimate_of(photo), estimate_of(worse_than(photo)), unknown()):
        seen.append(task.observe(sample_of(photo), received))
        assert additive <= set(seen[-1])
        assert not of_a_set & set(seen[-1])
        for metric in additive:
            total, count = seen[-1][metric]
            assert np.isfinite(total)
            assert count >= 0
        own = {k: v for k, v in seen[-1].items() if k not in additive}
        assert bool(own) == bool(of_a_set)
        assert json.loads(json.dumps(own)) == own
    assert set(task.score(seen)) == of_a_set


@pytest.fixture(scope="module")
def cat() -> Sample:
    """Give a photo of a cat, with its box, two questions and their answers."""
    from skimage import data

    nouns = ("cat", "truck")
    query = Query(questions=tuple(f"Is there a {n} in the picture?" for n in nouns))
    box = {"category": "cat", "bbox": [20.0, 0.0, 410.0, 300.0], "area": 123_000.0}
    known = {
        "answers": (Answer("exists", ("yes",)), Answer("exists", ("no",))),
        "instances": (box | {"iscrowd": 0, "segmentation": None},),
    }
    return sample_of(data.chelsea())._replace(query=query, annotations=known)


@every
def test_an_exact_copy_is_better_than_nothing(name, cat):
    task = build(name)
    best, worse = (
        task.observe(cat, estimate_of(data))
        for data in (cat.data.copy(), np.full_like(cat.data, 128))
    )
    additive = [m for m in task.metrics if m.kind != "set" and best[m.name][1]]
    assert additive
    for metric in additive:
        (high, _), (low, _) = best[metric.name], worse[metric.name]
        assert (high > low) == metric.higher_is_better


def test_answers_do_not_depend_on_earlier_ones(cat):
    """Not those of the same task on another picture, either."""
    task, grey = build("vqa"), estimate_of(np.full_like(cat.data, 128))
    copy = estimate_of(cat.data.copy())
    first = [task.observe(cat, one)["answers"] for one in (copy, grey, copy)]
    assert first == [(2, 2), (1, 2), (2, 2)]


@every
def test_its_bounds_enclose_what_it_measures(name, cat):
    task, sample = build(name), cat
    if not isinstance(task, Bounded):
        pytest.skip("no bounds")
    bounds = task.bounds([sample])
    assert bounds
    assert set(bounds) <= {metric.name for metric in task.metrics}
    seen = task.observe(sample, estimate_of(cat.data))
    for metric in (metric for metric in task.metrics if metric.name in bounds):
        floor, ceiling = bounds[metric.name]
        if metric.kind != "set":
            total, count = seen[metric.name]
            assert total / count == ceiling
        assert np.isnan(ceiling) or (ceiling > floor) == metric.higher_is_better


@every
def test_a_sample_is_judged_alone(name, photo):
    """Observations do not depend on earlier ones."""
    task, flipped = build(name), photo[::-1]
    task.observe(sample_of(photo), estimate_of(flipped))
    after = task.observe(sample_of(flipped), estimate_of(flipped))
    alone = build(name).observe(sample_of(flipped), estimate_of(flipped))
    assert after == alone


class Watched(Mapping):
    """Ground truth that notes that it is read."""

    def __init__(self, known: Mapping):
        self._known, self.read = known, False

    def __getitem__(self, key):
        self.read = True
        return self._known[key]

    def __iter__(self):
        return iter(self._known)

    def __len__(self):
        return len(self._known)


def test_the_task_reads_the_objects_and_no_part_of_the_link_does(make_picture):
    instance = {"category": "person", "bbox": [20, 20, 60, 90], "area": 5400}
    truth = Watched({"instances": (instance | {"iscrowd": 0},)})
    sample = make_picture(128, 192)._replace(annotations=truth)
    parts = {"transmitter": "uncoded", "channel": "awgn", "task": "detection"}
    pair, channel, task = (
        catalogue().build(kind, ComponentSpec(name=name))
        for kind, name in parts.items()
    )
    link = Link(pair, channel, {"detection": task})
    plan = link.plan([link.given(sample)], link.budget(1.5, "average", 20.0))
    first = Encoded(link.given(sample), plan, *link.transmit(sample, plan))
    delivery = link.deliver(lambda state_db: first, 20.0, Seeds(1, "", 0))
    assert not truth.read
    judged = link.judge(sample, delivery)
    assert truth.read
    assert judged.observed["detection"]["objects"][0][0] == "person"
    assert "instances" not in first.sample.annotations


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


def test_one_colour_is_judged_as_it_is_shown(photo):
    """A receiver that knows the size, and nothing but a colour, fills it."""
    full = np.broadcast_to(np.array([10, 200, 30], np.uint8), photo.shape)
    metrics = reconstruction(photo, full)
    assert metrics == reconstruction(photo, np.ascontiguousarray(full))
    expected = np.mean((photo.astype(float) - full) ** 2)
    np.testing.assert_allclose(metrics["mse"][0], expected)


def test_a_wrong_size_counts_as_mid_grey(photo):
    grey = reconstruction(photo, np.full_like(photo, 128))
    assert reconstruction(photo, photo[:-1]) == grey
    assert reconstruction(photo, photo.transpose(1, 0, 2)) == grey
    assert reconstruction(photo, None) == grey
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
    image = make_picture(side, 170).data
    assert reconstruction(image, image)["ms_ssim"] == ((1, 1) if side > 160 else (0, 0))


def test_a_toy_has_an_mse_only():
    toy = np.random.default_rng(0).normal(size=(20, 20, 3)).astype(np.float32)
    metrics = reconstruction(toy, toy + np.float32(0.5))
    np.testing.assert_allclose(metrics["mse"][0], 0.25, rtol=1e-5)
    assert metrics["psnr"] == metrics["ssim"] == (0, 0)


def test_a_lost_toy_costs_its_variance():
    toy = np.random.default_rng(0).normal(size=(20, 20, 3)).astype(np.float32)
    metrics = reconstruction(toy, None)
    # a receiver that read its header wrongly may take it for a picture
    assert metrics == reconstruction(toy, np.full(toy.shape, 128, np.uint8))
    np.testing.assert_allclose(metrics["mse"][0], np.mean(toy**2), rtol=1e-5)
