"""Uncoded transmission of pictures, and the bound at capacity."""

import numpy as np
import pytest

from baselines.jpeg2000_capacity import _pack, _unpack
from semlink.errors import Infeasible
from semlink.units import psnr_db


@pytest.fixture(scope="module")
def photo(photo_of) -> np.ndarray:
    return photo_of(0)[40:168, 150:342]


@pytest.fixture
def sent(planned, sample_of):
    """Transmit an image over a link; return the signal."""

    def send(link, image: np.ndarray, cbr: float = 0.6, snr_db: float = 10.0):
        _, (tx,) = planned(link, [sample_of(image)], cbr, snr_db)
        return tx

    return send


@pytest.mark.parametrize("contrast", [0.005, 0.02, 0.1, 1.0])
def test_a_picture_of_any_contrast_is_sent_at_unit_power(
    contrast, photo, sent, link_of
):
    # a deviation rounded to whole levels must not be paid in power
    image = (100 + contrast * (photo - 100.0)).astype(np.uint8)
    tx = sent(link_of("uncoded"), image)
    payload = tx.x[tx.ledger.of(purpose="header") :]
    assert np.mean(np.abs(payload) ** 2) == pytest.approx(1, abs=0.01)


def test_a_flat_picture_comes_back(photo, sent, link_of, received):
    link = link_of("uncoded")
    estimate = received(link, sent(link, np.full_like(photo, 77)))
    assert np.max(np.abs(estimate.data.astype(int) - 77)) <= 1


def test_uncoded_psnr_follows_the_snr(photo, sent, link_of, received):
    # error variance is that of the picture over 1 + SNR, before clipping
    link = link_of("uncoded")
    tx = sent(link, photo)
    variance = np.mean((photo - np.round(photo.mean())) ** 2.0)
    for snr_db in (5.0, 15.0):
        estimate = received(link, tx, snr_db, seed=2)
        expected = 10 * np.log10(255**2 * (1 + 10 ** (snr_db / 10)) / variance)
        measured = psnr_db(photo, estimate.data)
        assert expected - 0.1 < measured < expected + 0.7  # clipping helps


def test_uncoded_needs_its_bandwidth(photo, sent, link_of):
    with pytest.raises(Infeasible, match=r"takes CBR 0\.5\d+"):
        sent(link_of("uncoded"), photo, cbr=0.5)


@pytest.mark.parametrize("size", [133, 134, 1000, 30_001])
@pytest.mark.parametrize("capacity", [0.5, 3.46, 19.9])
def test_noiseless_symbols_hold_the_file(size, capacity):
    data = np.random.default_rng(size).bytes(size)
    uses = int(np.ceil(8 * size / capacity))
    x = _pack(data, uses)
    assert len(x) == uses
    padded = np.concatenate([x, np.zeros(77, np.complex64)])
    assert _unpack(padded) == data


def test_bound_counts_by_capacity(photo, sent, link_of, received):
    link = link_of("jpeg2000_capacity")
    for snr_db in (0.0, 10.0, 20.0):
        tx = sent(link, photo, 0.0586, snr_db)
        estimate = received(link, tx, snr_db)
        capacity = np.log2(1 + 10 ** (snr_db / 10))
        assert tx.ledger.total == np.ceil(8 * len(_unpack(tx.x)) / capacity)
        assert psnr_db(photo, estimate.data) > 20


@pytest.mark.parametrize("snr_db", [10.0, 15.0])
def test_no_link_is_above_its_bound(snr_db, photo, sent, link_of, received):
    psnr = []
    for link in (link_of("jpeg2000_capacity"), link_of("jpeg2000_ldpc")):
        tx = sent(link, photo, 0.0586, snr_db)
        psnr.append(psnr_db(photo, received(link, tx, snr_db).data))
    assert psnr[0] > psnr[1]
