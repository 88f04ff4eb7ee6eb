"""The separated link is its picture codec at 8 CBR bits per pixel, less overhead."""

import numpy as np
import pytest

from baselines.separated.link import SeparatedTransmitter
from channels.awgn import Awgn
from experiments.compose import catalogue
from semlink.chain import Link
from semlink.config import ComponentSpec
from semlink.signals import RxSignal, Sample
from semlink.units import psnr_db

EFFICIENCY = 8 / 3  # bits per symbol of rate-2/3 LDPC and 16-QAM


@pytest.fixture(scope="module")
def photos(photo_of, sample_of) -> list[Sample]:
    """Two photos, the second of which is VGA."""
    images = [photo_of(0), photo_of(4)[:480, 50:690]]
    return [sample_of(image, i) for i, image in enumerate(images)]


def error_free(tx) -> RxSignal:
    ones = np.ones_like(tx.x)
    return RxSignal(tx.x, np.full(tx.x.shape, 1e-3, np.float32), ones)


def file_bits(tx, sample, link) -> int:
    """Bits of the file in a transmission, from its header's own words."""
    no = np.full(len(tx.x), 1e-3, np.float32)
    header = link.pair.receiver._header.receive(tx.x, no)
    assert (header["height"], header["width"]) == sample.data.shape[:2]
    return 8 * header["num_bytes"]


def codec_psnr(codec, photos, bpp: float) -> float:
    """Mean PSNR of the codec alone, one quality, mean rate ``bpp`` (bisected)."""
    low, high = codec.quality_range
    while high - low > codec.quality_step:
        middle = (low + high) / 2
        files = [codec.encode(sample.data, middle) for sample in photos]
        pairs = zip(files, photos, strict=True)
        rate = np.mean([24 * len(f) / s.values for f, s in pairs])
        low, high = (middle, high) if rate <= bpp else (low, middle)
    decoded = [codec.decode(codec.encode(s.data, low)) for s in photos]
    pairs = zip(photos, decoded, strict=True)
    return float(np.mean([psnr_db(s.data, d) for s, d in pairs]))


@pytest.mark.parametrize(
    ("name", "cbr"),
    [
        ("jpeg2000_ldpc", 0.03),
        ("jpeg_ldpc", 0.0625),
        pytest.param("webp_ldpc", 0.03, marks=pytest.mark.slow),
        # the searches and frames of those above, at another budget
        pytest.param("jpeg2000_ldpc", 0.0625, marks=pytest.mark.slow),
        pytest.param("jpeg_ldpc", 0.03, marks=pytest.mark.slow),
        pytest.param("webp_ldpc", 0.0625, marks=pytest.mark.slow),
    ],
)
def test_psnr_is_that_of_the_codec(name, cbr, photos, link_of, planned):
    link = link_of(name)
    _, signals = planned(link, photos, cbr)
    psnr, spent, file_bpp = [], [], []
    for sample, tx in zip(photos, signals, strict=True):
        estimate, _ = link.receive(error_free(tx))
        assert not estimate.lost
        psnr.append(psnr_db(sample.data, estimate.data))
        spent.append(8 * tx.ledger.total / sample.values)
        file_bpp.append(3 * file_bits(tx, sample, link) / sample.values)
    overhead = np.mean(spent) - np.mean(file_bpp)
    expected = codec_psnr(link.transmitter._codec, photos, 8 * cbr - overhead)
    assert 0 < overhead < 0.025 * 8 * cbr
    assert abs(np.mean(psnr) - expected) < 0.15


@pytest.mark.parametrize("cbr", [0.03, 0.0625])
def test_overhead_of_a_vga_picture_is_small(cbr, photos, link_of, planned):
    link, sample = link_of("jpeg2000_ldpc"), photos[1]._replace(index=0)
    _, (tx,) = planned(link, [sample], cbr)
    share = 1 - file_bits(tx, sample, link) / (EFFICIENCY * tx.ledger.total)
    assert 0 < share < 0.025
    assert tx.ledger.of(purpose="header") == link.pair.receiver._header.num_symbols


@pytest.fixture(scope="module")
def vga(photos, link_of, planned):
    """A VGA photo in JPEG2000 at CBR 0.03: (sample, concealing receivers, signal)."""
    links = {
        conceal: link_of(f"jpeg2000_ldpc[conceal={conceal}]")
        for conceal in ("mean_colour", "partial")
    }
    sample = photos[1]._replace(index=0)
    _, (tx,) = planned(links["partial"], [sample], 0.03)
    return sample, links, tx


def psnr_of(sample, estimate) -> float:
    assert estimate.data.shape == sample.data.shape
    return psnr_db(sample.data, estimate.data)


def test_the_cliff_is_between_7_and_10_db(vga, received):
    sample, links, tx = vga
    link = links["mean_colour"]
    best = psnr_of(sample, link.receive(error_free(tx))[0])
    above = [received(link, tx, 10.0, seed) for seed in range(8)]
    assert np.mean([psnr_of(sample, e) for e in above]) > best - 0.1
    below = [received(link, tx, 7.0, seed) for seed in range(4)]
    assert all(e.lost for e in below)
    assert np.mean([psnr_of(sample, e) for e in below]) < best - 8


def without_block(tx, number: int) -> RxSignal:
    """What is received when one code block is lost in noise."""
    rx, count = error_free(tx), len(tx.blocks)
    size = tx.ledger.of(purpose="payload") // count
    start = tx.ledger.of(purpose="header") + (number % count) * size
    draw = np.random.default_rng(3).normal(size=(2, size))
    x_hat = rx.x_hat.copy()
    x_hat[start : start + size] = draw[0] + 1j * draw[1]
    return rx._replace(x_hat=x_hat)


def test_part_of_a_jpeg2000_file_is_a_picture(vga):
    sample, links, tx = vga
    assert len(tx.blocks) > 6
    parts = [links["partial"].receive(without_block(tx, n))[0] for n in (1, 4, -1)]
    colour, _ = links["mean_colour"].receive(without_block(tx, -1))
    assert colour.lost
    assert all(e.lost for e in parts)
    psnr = [psnr_of(sample, e) for e in parts]
    best = psnr_of(sample, links["partial"].receive(error_free(tx))[0])
    assert psnr_of(sample, colour) < psnr[0] < psnr[1] < psnr[2] < best
    assert psnr[2] > best - 3


def test_without_its_first_block_it_is_one_colour(vga):
    sample, links, tx = vga
    partial, colour = (
        link.receive(without_block(tx, 0))[0] for link in reversed(links.values())
    )
    np.testing.assert_array_equal(partial.data, colour.data)
    shade = colour.data[0, 0].astype(float)
    assert np.all(colour.data == colour.data[0, 0])
    mean = sample.data.mean(axis=(0, 1))
    assert np.all(np.abs(shade - mean) <= 8)


def test_a_file_that_is_none_is_an_outage(vga, planned):
    # all CRCs hold, but the codec refuses the data: once in 2^24 broken blocks
    sample, _, _ = vga
    pair = catalogue().build("transmitter", ComponentSpec(name="jpeg_ldpc"))
    link = Link(pair, Awgn(), {})
    assert isinstance(link.transmitter, SeparatedTransmitter)
    junk = np.random.default_rng(4).bytes(3000)
    link.transmitter._codec.encode = lambda image, quality: junk
    _, (tx,) = planned(link, [sample], 0.03)
    estimate, _ = link.receive(error_free(tx))
    assert estimate.lost is True
    assert estimate.data.shape == sample.data.shape
