"""Uncoded transmission of pictures, and the bound at capacity."""

import numpy as np
import pytest

from baselines.jpeg2000_capacity import _pack, _unpack
from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.errors import Infeasible
from semlink.link import Link
from semlink.signals import SourceBatch
from semlink.units import psnr_db

KNOWN = catalogue()


def make_link(name: str) -> Link:
    parts = {"transmitter": name, "channel": "awgn", "task": "reconstruction"}
    return Link(*(KNOWN.build(k, ComponentSpec(name=v)) for k, v in parts.items()))


def batch_of(image: np.ndarray) -> SourceBatch:
    return SourceBatch(image[None], (0,), ("image",), ({},))


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    source = KNOWN.build("source", ComponentSpec(name="photos"))
    return source[0].image[0, 40:168, 150:342]


def sent(link: Link, image: np.ndarray, cbr: float = 0.6, snr_db: float = 10.0):
    batch = batch_of(image)
    plan = link.transmitter.plan([batch], link.budget(cbr, "average", snr_db))
    return batch, link.transmit(batch, plan)


@pytest.mark.parametrize("contrast", [0.005, 0.02, 0.1, 1.0])
def test_a_picture_of_any_contrast_is_sent_at_unit_power(contrast, photo):
    # a deviation rounded to whole levels must not be paid in power
    image = (100 + contrast * (photo - 100.0)).astype(np.uint8)
    _, tx = sent(make_link("uncoded"), image)
    payload = tx.x[0, tx.ledger.header[0] : tx.ledger.total[0]]
    assert np.mean(np.abs(payload) ** 2) == pytest.approx(1, abs=0.01)


def test_a_flat_picture_comes_back(photo):
    link, flat = make_link("uncoded"), np.full_like(photo, 77)
    batch, tx = sent(link, flat)
    estimate = link.receive(link.propagate(tx, 10.0, seed=1))
    assert np.max(np.abs(estimate.image[0].astype(int) - 77)) <= 1


def test_uncoded_psnr_follows_the_snr(photo):
    # error variance is that of the picture over 1 + SNR, before clipping
    link = make_link("uncoded")
    batch, tx = sent(link, photo)
    variance = np.mean((photo - np.round(photo.mean())) ** 2.0)
    for snr_db in (5.0, 15.0):
        estimate = link.receive(link.propagate(tx, snr_db, seed=2))
        expected = 10 * np.log10(255**2 * (1 + 10 ** (snr_db / 10)) / variance)
        measured = psnr_db(photo, estimate.image[0])
        assert expected - 0.1 < measured < expected + 0.7  # clipping helps


def test_uncoded_needs_its_bandwidth(photo):
    with pytest.raises(Infeasible, match=r"takes CBR 0\.5\d+"):
        sent(make_link("uncoded"), photo, cbr=0.5)


@pytest.mark.parametrize("size", [133, 134, 1000, 30_001])
@pytest.mark.parametrize("capacity", [0.5, 3.46, 19.9])
def test_noiseless_symbols_hold_the_file(size, capacity):
    data = np.random.default_rng(size).bytes(size)
    uses = int(np.ceil(8 * size / capacity))
    x = _pack(data, uses)
    assert len(x) == uses
    padded = np.concatenate([x, np.zeros(77, np.complex64)])
    assert _unpack(padded) == data


def test_bound_counts_by_capacity(photo):
    link = make_link("jpeg2000_capacity")
    for snr_db in (0.0, 10.0, 20.0):
        batch, tx = sent(link, photo, cbr=0.0586, snr_db=snr_db)
        estimate = link.receive(link.propagate(tx, snr_db, seed=1))
        size = len(_unpack(tx.x[0]))
        capacity = np.log2(1 + 10 ** (snr_db / 10))
        assert tx.ledger.total[0] == np.ceil(8 * size / capacity)
        assert psnr_db(photo, estimate.image[0]) > 20


@pytest.mark.parametrize("snr_db", [10.0, 15.0])
def test_no_link_is_above_its_bound(snr_db, photo):
    bound, real = make_link("jpeg2000_capacity"), make_link("jpeg2000_ldpc")
    psnr = []
    for link in (bound, real):
        batch, tx = sent(link, photo, cbr=0.0586, snr_db=snr_db)
        estimate = link.receive(link.propagate(tx, snr_db, seed=1))
        psnr.append(psnr_db(photo, estimate.image[0]))
    assert psnr[0] > psnr[1]
