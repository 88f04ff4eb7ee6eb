"""The linear code is as good as the ideal one, all counted, and keeps its budget."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from blocks.linear.model import SIDE, analyse, shipped
from blocks.phy import analog
from blocks.sources.images import load_rgb
from semlink.chain import Link
from semlink.errors import Infeasible
from semlink.signals import RxSignal
from semlink.units import db_to_linear, linear_to_db, psnr_db

COCO = Path(__file__).parents[3] / "shared/data/coco-mini/val2014"


@pytest.fixture(scope="module")
def photos(photo_of) -> tuple[np.ndarray, ...]:
    return tuple(photo_of(number) for number in range(5))


@pytest.fixture(scope="module")
def pieces(photos) -> tuple[np.ndarray, ...]:
    return tuple(photo[100:292, 100:356] for photo in photos)


@cache
def coco() -> tuple[np.ndarray, ...]:
    if not COCO.exists():
        pytest.skip("no coco-mini here")
    return tuple(load_rgb(path) for path in sorted(COCO.glob("*.jpg"))[:6])


def _padded_energy(image: np.ndarray) -> float:
    """Energy of the image about 117, filled up to whole blocks."""
    room = [(0, -n % SIDE) for n in image.shape[:2]] + [(0, 0)]
    return float(np.sum(((np.pad(image, room, "edge") - 117.0) / 255) ** 2))


def ideal_psnr(image: np.ndarray, cbr: float, snr_db: float) -> float:
    """The adaptive code with classes and variances of the image itself, uncounted.

    Blocks in 8 classes of equal size by activity; the class-coefficient pairs of
    largest variance; power by deviation; header, classes, variances for nothing.
    """
    model = shipped()._replace(spectrum=np.zeros((24, 0)))
    x = analyse(image, np.full(3, 117, np.uint8), model).astype(float)
    order = np.argsort(np.argsort(np.sum(x[:, 3:] ** 2, axis=1)))
    classes = order * 8 // len(x)
    sigma = np.stack([np.sqrt(np.mean(x[classes == c] ** 2, axis=0)) for c in range(8)])
    sigma = sigma[classes]
    count = int(2 * cbr * image.size)
    kept = sigma > np.sort(sigma, axis=None)[-count]
    s, noise = sigma[kept], db_to_linear(-snr_db) / 2
    power = analog.power_by_deviation(s, len(s) / 2)
    energy = _padded_energy(image)
    error = energy - np.sum(x[kept] ** 2) + analog.distortion(power, s, noise).sum()
    return float(-linear_to_db(error / image.size))


@pytest.fixture
def sent_over(planned, received, sample_of):
    """Send images once; return (PSNR, CBR, lost) of each."""

    def send(link: Link, images, cbr: float, snr_db: float, mode: str = "average"):
        source = [sample_of(image, i) for i, image in enumerate(images)]
        _, signals = planned(link, source, cbr, snr_db, mode)
        results = []
        for sample, tx in zip(source, signals, strict=True):
            estimate = received(link, tx, snr_db, seed=sample.index)
            psnr = psnr_db(sample.data, estimate.data)
            results.append((psnr, tx.ledger.total / sample.values, estimate.lost))
        return np.array(results, float)

    return send


@pytest.mark.parametrize(("source", "snr_db", "cbr"), [
    ("photos", 4.0, 0.02),
    pytest.param("photos", 20.0, 0.02, marks=pytest.mark.slow),
    pytest.param("photos", 4.0, 0.0625, marks=pytest.mark.slow),
    ("photos", 20.0, 0.0625),
    pytest.param("coco", 20.0, 0.02, marks=pytest.mark.slow),
    ("coco", 4.0, 0.0625),
])  # fmt: skip
@pytest.mark.slow
def test_all_counted_it_is_no_worse_than_the_ideal(
    source, snr_db, cbr, photos, sent_over, link_of
):
    images = photos if source == "photos" else coco()
    ideal = np.mean([ideal_psnr(image, cbr, snr_db) for image in images])
    results = sent_over(link_of("linear_jscc"), images, cbr, snr_db)
    assert not results[:, 2].any()
    assert results[:, 0].mean() > ideal - 0.3
    assert results[:, 0].mean() < ideal + 2  # or the oracle is none


@pytest.mark.parametrize("mode", ["average", "per_image"])
@pytest.mark.parametrize("cbr", [0.02, 0.1, 0.2])
def test_budget_is_used(cbr, mode, pieces, sent_over, link_of):
    spent = sent_over(link_of("linear_jscc"), pieces[:3], cbr, 10.0, mode)[:, 1]
    spent = spent.mean() if mode == "average" else spent
    assert np.all(spent <= cbr)
    assert np.all(spent > 0.99 * cbr)


@pytest.mark.parametrize("csi", ["true", "false"])
@pytest.mark.parametrize("mode", ["average", "per_image"])
def test_quality_rises_with_the_budget(mode, csi, pieces, sent_over, link_of):
    link = link_of(f"linear_jscc[csi={csi}]")
    psnr = [
        sent_over(link, pieces[:2], cbr, 10.0, mode)[:, 0].mean()
        for cbr in (0.02, 0.03, 0.06, 0.12, 0.3)
    ]
    assert np.all(np.diff(psnr) > 0.5)


@pytest.mark.parametrize("csi", ["true", "false"])
def test_quality_rises_with_the_snr(csi, pieces, sent_over, link_of):
    link = link_of(f"linear_jscc[csi={csi}]")
    psnr = [
        sent_over(link, pieces[:2], 0.03, snr_db)[:, 0].mean()
        for snr_db in (4.0, 10.0, 16.0)
    ]
    assert np.all(np.diff(psnr) > 0.4)


def test_csi_is_worth_something(pieces, sent_over, link_of):
    known, unknown = (link_of(f"linear_jscc[csi={c}]") for c in ("true", "false"))
    for snr_db in (4.0, 16.0):
        better, worse = (
            sent_over(link, pieces[:2], 0.03, snr_db)[:, 0].mean()
            for link in (known, unknown)
        )
        assert better > worse


def test_more_than_all_coefficients_is_not_sent(photos, sent_over, link_of):
    results = sent_over(link_of("linear_jscc"), photos[:1], 0.5, 20.0)
    assert 0.24 < results[0, 1] < 0.3


def test_design_snr_is_where_the_classes_begin_to_arrive(photos, sent_over, link_of):
    link = link_of("linear_jscc[csi=false,design_snr_db=8]")
    assert not sent_over(link, photos[:2], 0.03, 8.0)[:, 2].any()
    assert sent_over(link, photos[:2], 0.03, 5.0)[:, 2].all()


def test_margin_is_paid_in_side_information(photos, planned, sample_of, link_of):
    side = []
    for word in ("linear_jscc", "linear_jscc[margin_db=6]"):
        _, (tx,) = planned(link_of(word), [sample_of(photos[0])], 0.03)
        side.append(tx.ledger.of(purpose="side"))
    assert side[1] > 1.3 * side[0]


@pytest.mark.slow
def test_it_does_not_fall_off_a_cliff_over_fading(photos, sent_over, link_of):
    link = link_of("linear_jscc[margin_db=20]", "rayleigh")
    results = sent_over(link, photos[:3], 0.0625, 12.0)
    assert not results[:, 2].any()
    assert results[:, 0].mean() > 22


def test_lost_classes_leave_a_colour(photos, planned, sample_of, link_of):
    link, image = link_of("linear_jscc"), photos[0]
    _, (tx,) = planned(link, [sample_of(image)], 0.03)
    x = tx.x.copy()
    x[tx.ledger.of(purpose="header") :] = 0
    no = np.full(x.shape, 0.1, np.float32)
    estimate, _ = link.receive(RxSignal(x, no, np.ones_like(x)))
    assert estimate.lost is True
    assert estimate.data.shape == image.shape
    assert len(np.unique(estimate.data.reshape(-1, 3), axis=0)) == 1
    mean = image.mean(axis=(0, 1))
    assert np.all(np.abs(estimate.data[0, 0] - mean) <= 8)


@pytest.mark.parametrize("level", [0, 3, 128, 255])
def test_a_flat_picture_comes_back(level, planned, received, sample_of, link_of):
    flat = np.full((64, 80, 3), level, np.uint8)
    link = link_of("linear_jscc")
    _, (tx,) = planned(link, [sample_of(flat)], 0.3, 20.0)
    estimate = received(link, tx, 20.0)
    assert not estimate.lost
    assert psnr_db(flat, estimate.data) > 30


def test_what_cannot_be_sent_is_refused(photos, planned, sample_of, link_of):
    link = link_of("linear_jscc")
    with pytest.raises(Infeasible, match="budget"):
        planned(link, [sample_of(photos[0])], 0.0003)
    assert link.pair.accepts == ("image",)  # a toy is refused before it comes here
