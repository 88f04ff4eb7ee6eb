"""The separated link is its picture codec at 8 CBR bits per pixel, less overhead."""

import numpy as np
import pytest

from baselines.separated import SeparatedTransmitter
from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.link import Link
from semlink.signals import RxSignal, SourceBatch
from semlink.units import psnr_db

EFFICIENCY = 8 / 3  # bits per symbol of rate-2/3 LDPC and 16-QAM


def make_link(word: str) -> Link:
    known = catalogue()
    parts = {"transmitter": word, "channel": "awgn", "task": "reconstruction"}
    specs = {k: ComponentSpec.model_validate(v) for k, v in parts.items()}
    return Link(*(known.build(kind, spec) for kind, spec in specs.items()))


@pytest.fixture(scope="module")
def photos() -> list[SourceBatch]:
    """Two photos, the second of which is VGA."""
    source = catalogue().build("source", ComponentSpec(name="photos"))
    images = [source[0].image, source[4].image[:, :480, 50:690]]
    return [
        SourceBatch(image, (i,), (f"photo {i}",), ({},))
        for i, image in enumerate(images)
    ]


def error_free(tx) -> RxSignal:
    ones = np.ones_like(tx.x)
    return RxSignal(tx.x, np.full(tx.x.shape, 1e-3, np.float32), ones)


def file_bits(tx, batch, link) -> int:
    """Bits of the file in a transmission, from its header's own words."""
    x = tx.x[0]
    header = link._receiver._header.receive(x, np.full(len(x), 1e-3, np.float32))
    assert (header["height"], header["width"]) == batch.image.shape[1:3]
    return 8 * header["num_bytes"]


def codec_psnr(codec, photos, bpp: float) -> float:
    """Mean PSNR of the codec alone, one quality, mean rate ``bpp`` (bisected)."""
    low, high = codec.quality_range
    while high - low > codec.quality_step:
        middle = (low + high) / 2
        files = [codec.encode(batch.image[0], middle) for batch in photos]
        pairs = zip(files, photos, strict=True)
        rate = np.mean([24 * len(f) / b.image.size for f, b in pairs])
        low, high = (middle, high) if rate <= bpp else (low, middle)
    decoded = [codec.decode(codec.encode(b.image[0], low)) for b in photos]
    pairs = zip(photos, decoded, strict=True)
    return float(np.mean([psnr_db(b.image[0], d) for b, d in pairs]))


@pytest.mark.parametrize("cbr", [0.03, 0.0625])
@pytest.mark.parametrize("name", ["jpeg2000_ldpc", "jpeg_ldpc", "webp_ldpc"])
def test_psnr_is_that_of_the_codec(name, cbr, photos):
    link = make_link(name)
    plan = link.transmitter.plan(photos, link.budget(cbr, "average", 10.0))
    psnr, spent, file_bpp = [], [], []
    for batch in photos:
        tx = link.transmit(batch, plan)
        estimate = link.receive(error_free(tx))
        assert not estimate.lost[0]
        psnr.append(psnr_db(batch.image[0], estimate.image[0]))
        spent.append(8 * tx.ledger.total[0] / batch.image.size)
        file_bpp.append(3 * file_bits(tx, batch, link) / batch.image.size)
    overhead = np.mean(spent) - np.mean(file_bpp)
    expected = codec_psnr(link.transmitter._codec, photos, 8 * cbr - overhead)
    assert 0 < overhead < 0.025 * 8 * cbr
    assert abs(np.mean(psnr) - expected) < 0.15


@pytest.mark.parametrize("cbr", [0.03, 0.0625])
def test_overhead_of_a_vga_picture_is_small(cbr, photos):
    link = make_link("jpeg2000_ldpc")
    batch = photos[1]._replace(index=(0,))
    plan = link.transmitter.plan([batch], link.budget(cbr, "average", 10.0))
    tx = link.transmit(batch, plan)
    share = 1 - file_bits(tx, batch, link) / (EFFICIENCY * tx.ledger.total[0])
    assert 0 < share < 0.025
    assert tx.ledger.header[0] == link._receiver._header.num_symbols


@pytest.fixture(scope="module")
def vga(photos):
    """A VGA photo in JPEG2000 at CBR 0.03: (batch, concealing receivers, signal)."""
    links = {
        conceal: make_link(f"jpeg2000_ldpc[conceal={conceal}]")
        for conceal in ("mean_colour", "partial")
    }
    batch = photos[1]._replace(index=(0,))
    link = links["partial"]
    plan = link.transmitter.plan([batch], link.budget(0.03, "average", 10.0))
    return batch, links, link.transmit(batch, plan)


def psnr_of(batch, estimate) -> float:
    assert estimate.image[0].shape == batch.image[0].shape
    return psnr_db(batch.image[0], estimate.image[0])


def test_the_cliff_is_between_7_and_10_db(vga):
    batch, links, tx = vga
    link = links["mean_colour"]
    best = psnr_of(batch, link.receive(error_free(tx)))
    above = [link.receive(link.propagate(tx, 10.0, seed)) for seed in range(8)]
    assert np.mean([psnr_of(batch, e) for e in above]) > best - 0.1
    below = [link.receive(link.propagate(tx, 7.0, seed)) for seed in range(4)]
    assert all(e.lost[0] for e in below)
    assert np.mean([psnr_of(batch, e) for e in below]) < best - 8


def without_block(tx, number: int) -> RxSignal:
    """What is received when one code block is lost in noise."""
    rx, count = error_free(tx), len(tx.blocks[0])
    size = int(tx.ledger.payload[0]) // count
    start = int(tx.ledger.header[0]) + (number % count) * size
    draw = np.random.default_rng(3).normal(size=(2, size))
    x_hat = rx.x_hat.copy()
    x_hat[0, start : start + size] = draw[0] + 1j * draw[1]
    return rx._replace(x_hat=x_hat)


def test_part_of_a_jpeg2000_file_is_a_picture(vga):
    batch, links, tx = vga
    assert len(tx.blocks[0]) > 6
    received = {n: links["partial"].receive(without_block(tx, n)) for n in (1, 4, -1)}
    colour = links["mean_colour"].receive(without_block(tx, -1))
    assert colour.lost[0]
    assert all(e.lost[0] for e in received.values())
    psnr = [psnr_of(batch, e) for e in received.values()]
    best = psnr_of(batch, links["partial"].receive(error_free(tx)))
    assert psnr_of(batch, colour) < psnr[0] < psnr[1] < psnr[2] < best
    assert psnr[2] > best - 3


def test_without_its_first_block_it_is_one_colour(vga):
    batch, links, tx = vga
    partial, colour = (
        link.receive(without_block(tx, 0)) for link in reversed(links.values())
    )
    np.testing.assert_array_equal(partial.image[0], colour.image[0])
    shade = colour.image[0][0, 0].astype(float)
    assert np.all(colour.image[0] == colour.image[0][0, 0])
    mean = batch.image[0].mean(axis=(0, 1))
    assert np.all(np.abs(shade - mean) <= 8)


def test_a_file_that_is_none_is_an_outage(vga):
    # all CRCs hold, but the codec refuses the data: once in 2^24 broken blocks
    batch, links, _ = vga
    link = make_link("jpeg_ldpc")
    assert isinstance(link.transmitter, SeparatedTransmitter)
    junk = np.random.default_rng(4).bytes(3000)
    link.transmitter._codec.encode = lambda image, quality: junk
    plan = link.transmitter.plan([batch], link.budget(0.03, "average", 10.0))
    estimate = link.receive(error_free(link.transmit(batch, plan)))
    assert estimate.lost.tolist() == [True]
    assert estimate.image[0].shape == batch.image[0].shape
