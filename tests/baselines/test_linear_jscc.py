"""The linear code is as good as the ideal one, all counted, and keeps its budget."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from baselines.linear_model import SIDE, analyse, shipped
from blocks.phy import analog
from blocks.sources.images import load_rgb
from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.errors import Infeasible, InputError
from semlink.link import Link
from semlink.signals import RxSignal, SourceBatch
from semlink.units import db_to_linear, linear_to_db, psnr_db

KNOWN = catalogue()
COCO = Path(__file__).parents[3] / "shared/data/coco-mini/val2014"


def make_link(word: str = "linear_jscc", channel: str = "awgn") -> Link:
    parts = {"transmitter": word, "channel": channel, "task": "reconstruction"}
    specs = {k: ComponentSpec.model_validate(v) for k, v in parts.items()}
    return Link(*(KNOWN.build(kind, spec) for kind, spec in specs.items()))


def batches(images) -> list[SourceBatch]:
    return [
        SourceBatch(im[None], (i,), (f"{i}",), ({},)) for i, im in enumerate(images)
    ]


@cache
def photos() -> tuple[np.ndarray, ...]:
    source = KNOWN.build("source", ComponentSpec(name="photos"))
    return tuple(source[i].image[0] for i in range(len(source)))


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


def sent_over(link: Link, images, cbr: float, snr_db: float, mode: str = "average"):
    """Send images once: (PSNR, CBR, lost) of each."""
    source = batches(images)
    plan = link.transmitter.plan(source, link.budget(cbr, mode, snr_db))
    results = []
    for batch in source:
        tx = link.transmit(batch, plan)
        estimate = link.receive(link.propagate(tx, snr_db, seed=batch.index[0]))
        psnr = psnr_db(batch.image[0], estimate.image[0])
        results.append((psnr, tx.ledger.total[0] / batch.image.size, estimate.lost[0]))
    return np.array(results, float)


@pytest.mark.parametrize("cbr", [0.02, 0.0625])
@pytest.mark.parametrize("snr_db", [4.0, 20.0])
@pytest.mark.parametrize("images", [photos, coco])
def test_all_counted_it_is_no_worse_than_the_ideal(images, snr_db, cbr):
    ideal = np.mean([ideal_psnr(image, cbr, snr_db) for image in images()])
    results = sent_over(make_link(), images(), cbr, snr_db)
    assert not results[:, 2].any()
    assert results[:, 0].mean() > ideal - 0.3
    assert results[:, 0].mean() < ideal + 2  # or the oracle is none


@pytest.mark.parametrize("mode", ["average", "per_image"])
@pytest.mark.parametrize("cbr", [0.02, 0.1, 0.2])
def test_budget_is_used(cbr, mode):
    spent = sent_over(make_link(), photos()[:3], cbr, 10.0, mode)[:, 1]
    spent = spent.mean() if mode == "average" else spent
    assert np.all(spent <= cbr)
    assert np.all(spent > 0.99 * cbr)


@pytest.mark.parametrize("csi", ["true", "false"])
@pytest.mark.parametrize("mode", ["average", "per_image"])
def test_quality_rises_with_the_budget(mode, csi):
    link = make_link(f"linear_jscc[csi={csi}]")
    psnr = [
        sent_over(link, photos()[:2], cbr, 10.0, mode)[:, 0].mean()
        for cbr in (0.02, 0.03, 0.06, 0.12, 0.3)
    ]
    assert np.all(np.diff(psnr) > 0.5)


@pytest.mark.parametrize("csi", ["true", "false"])
def test_quality_rises_with_the_snr(csi):
    link = make_link(f"linear_jscc[csi={csi}]")
    psnr = [
        sent_over(link, photos()[:2], 0.03, snr_db)[:, 0].mean()
        for snr_db in (4.0, 10.0, 16.0)
    ]
    assert np.all(np.diff(psnr) > 0.4)


def test_csi_is_worth_something():
    known, unknown = (make_link(f"linear_jscc[csi={c}]") for c in ("true", "false"))
    for snr_db in (4.0, 16.0):
        better, worse = (
            sent_over(link, photos()[:2], 0.03, snr_db)[:, 0].mean()
            for link in (known, unknown)
        )
        assert better > worse


def test_more_than_all_coefficients_is_not_sent():
    results = sent_over(make_link(), photos()[:1], 0.5, 20.0)
    assert 0.24 < results[0, 1] < 0.3


def test_design_snr_is_where_the_classes_begin_to_arrive():
    link = make_link("linear_jscc[csi=false,design_snr_db=8]")
    assert not sent_over(link, photos()[:2], 0.03, 8.0)[:, 2].any()
    assert sent_over(link, photos()[:2], 0.03, 5.0)[:, 2].all()


def test_margin_is_paid_in_side_information():
    link, careful = make_link(), make_link("linear_jscc[margin_db=6]")
    side = []
    for each in (link, careful):
        batch = batches(photos()[:1])[0]
        plan = each.transmitter.plan([batch], each.budget(0.03, "average", 10.0))
        side.append(each.transmit(batch, plan).ledger.side[0])
    assert side[1] > 1.3 * side[0]


def test_it_does_not_fall_off_a_cliff_over_fading():
    link = make_link("linear_jscc[margin_db=20]", "rayleigh")
    results = sent_over(link, photos()[:3], 0.0625, 12.0)
    assert not results[:, 2].any()
    assert results[:, 0].mean() > 22


def test_lost_classes_leave_a_colour():
    link, image = make_link(), photos()[0]
    (batch,) = batches([image])
    plan = link.transmitter.plan([batch], link.budget(0.03, "average", 10.0))
    tx = link.transmit(batch, plan)
    x = tx.x.copy()
    x[:, tx.ledger.header[0] :] = 0
    no = np.full(x.shape, 0.1, np.float32)
    estimate = link.receive(RxSignal(x, no, np.ones_like(x)))
    assert estimate.lost.tolist() == [True]
    assert estimate.image[0].shape == image.shape
    assert len(np.unique(estimate.image[0].reshape(-1, 3), axis=0)) == 1
    mean = image.mean(axis=(0, 1))
    assert np.all(np.abs(estimate.image[0][0, 0] - mean) <= 8)


@pytest.mark.parametrize("level", [0, 3, 128, 255])
def test_a_flat_picture_comes_back(level):
    flat = np.full((64, 80, 3), level, np.uint8)
    link = make_link()
    batch = batches([flat])[0]
    plan = link.transmitter.plan([batch], link.budget(0.3, "average", 20.0))
    tx = link.transmit(batch, plan)
    estimate = link.receive(link.propagate(tx, 20.0, seed=1))
    assert not estimate.lost[0]
    assert psnr_db(flat, estimate.image[0]) > 30


def test_what_cannot_be_sent_is_refused():
    (batch,) = batches(photos()[:1])
    link = make_link()
    with pytest.raises(Infeasible, match="budget"):
        link.transmitter.plan([batch], link.budget(0.0003, "average", 10.0))
    toy = batch._replace(image=np.zeros((1, 64, 64, 3), np.float32))
    with pytest.raises(InputError, match="float32"):
        link.transmitter.plan([toy], link.budget(0.1, "average", 10.0))
