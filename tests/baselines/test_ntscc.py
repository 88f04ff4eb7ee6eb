"""NTSCC as a link: what is sent, what it is counted as, and what becomes of it."""

import numpy as np
import pytest

from blocks.learned import rate_map
from blocks.learned.frame import merge, split, stride_of
from blocks.learned.summary import Summary
from blocks.nn.jscc import LEVELS
from blocks.phy import clean_symbols, side_accounting
from blocks.phy.side_accounting import Scheme
from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.errors import Infeasible, InputError
from semlink.graph import traces
from semlink.loop.feedback import Feedback
from semlink.signals import Ledger, RxSignal
from semlink.units import db_to_linear, psnr_db

KNOWN = catalogue()
SNR_DB = 10.0


@pytest.fixture(scope="module")
def link(link_of):
    return link_of("ntscc")


@pytest.fixture(scope="module")
def photos(photo_of, sample_of):
    """Pieces of three photos."""
    return [sample_of(photo_of(i)[:256, :320], i, f"photo {i}") for i in range(3)]


def test_side_information_survives_its_coder_on_photos_of_twenty_sizes(link, photo_of):
    """Bit-exact, and within 1 % of the bits that the learned prior estimates."""
    networks = link.transmitter._networks
    photo = photo_of(4)
    rng = np.random.default_rng(1)
    sizes = rng.integers(200, 500, (20, 2))
    for (height, width), quality in zip(sizes, np.linspace(0, 1, 20), strict=True):
        latents = networks.analyse(photo[:height, :width])
        summary = networks.summarise(latents, quality)
        bits = networks.coder.encode(summary)
        decoded = networks.coder.decode(bits, summary.z.shape[:2])
        for value, expected in zip(decoded, summary, strict=True):
            np.testing.assert_array_equal(value, expected)
        codec = networks.codec
        estimate = np.sum(codec.classes.bits(summary.classes[None]))
        estimate += np.sum(codec.prior(summary.z.astype(np.float32)))
        estimate += np.sum(codec.base_prior(summary.base.astype(np.float32)))
        assert abs(len(bits) - estimate) < 0.01 * estimate + 2


def test_one_graph_serves_photos_of_all_sizes(link, photo_of):
    networks = link.transmitter._networks
    photo = photo_of(4)
    networks.summarise(networks.analyse(photo), 0.5)
    before = dict(traces)
    for height, width in [(64, 96), (200, 333), (333, 128), (500, 400)]:
        networks.summarise(networks.analyse(photo[:height, :width]), 0.5)
    assert traces == before


def test_noise_decodes_to_a_summary_or_to_an_error(link):
    """As where a broken block passes its CRC: never to classes that do not exist."""
    coder, rng = link.transmitter._networks.coder, np.random.default_rng(5)
    refused = 0
    for length in rng.integers(1, 4000, 60):
        try:
            summary = coder.decode(rng.integers(0, 2, length, np.uint8), (16, 20))
        except ValueError:
            refused += 1
            continue
        assert 0 <= summary.classes.min() <= summary.classes.max() < 64
    assert refused < 60


def test_a_table_entry_that_is_no_class_is_refused(monkeypatch, link):
    coder = link.transmitter._networks.coder
    entries = np.full(24, 64)
    monkeypatch.setattr(coder._coder, "decode_causal", lambda *_, **__: entries)
    with pytest.raises(ValueError, match="classes must be below 64, got 64"):
        coder.decode(np.zeros(9, np.uint8), (2, 3))


def test_both_ends_derive_one_rate_map(link, photos):
    """From values alone, whatever happened before in the process."""
    networks = link.transmitter._networks
    summary = networks.summarise(networks.analyse(photos[0].data), 0.5)
    one = networks.statistics(summary, 0.5)
    networks.statistics(networks.coder.likeliest((4, 6)), 0.2)
    other = networks.statistics(Summary(*map(np.copy, summary)), 0.5)
    np.testing.assert_array_equal(one.index, other.index)
    np.testing.assert_array_equal(
        networks.levels(one.entropy, 0.3), networks.levels(other.entropy, 0.3)
    )


@pytest.mark.parametrize("mode", ["average", "per_image"])
@pytest.mark.parametrize("cbr", [0.02, 0.05, 0.1])
def test_the_rate_is_the_target(cbr, mode, link, photos, planned):
    _, signals = planned(link, photos, cbr, mode=mode)
    pairs = zip(signals, photos, strict=True)
    spent = [tx.ledger.total / sample.values for tx, sample in pairs]
    for value in [np.mean(spent)] if mode == "average" else spent:
        assert 0.99 * cbr <= value <= 1.005 * cbr


def test_a_budget_below_header_and_side_information_is_refused(link, photos, planned):
    with pytest.raises(Infeasible, match=r"smallest signal of the set is \d"):
        planned(link, photos, 0.002)


def test_rates_of_the_map_are_those_on_the_air(link, photos, planned):
    sample = photos[0]
    plan, (tx,) = planned(link, [sample], 0.03)
    maps = link.transmitter.maps(sample, plan)
    assert maps["entropy [bits]"].shape == maps["rate [channel uses]"].shape == (16, 20)
    assert np.ceil(maps["rate [channel uses]"].sum()) == tx.ledger.of(purpose="payload")
    assert set(2 * maps["rate [channel uses]"].ravel()) <= set(LEVELS)


def test_the_better_the_channel_the_better_the_picture(link, photos, planned, received):
    sample = photos[1]._replace(index=0)
    psnr = []
    for snr_db in (0.0, 5.0, 10.0, 20.0):
        _, (tx,) = planned(link, [sample], 0.05, snr_db)
        estimate = received(link, tx, snr_db)
        assert not estimate.lost
        psnr.append(psnr_db(sample.data, estimate.data))
    assert np.all(np.diff(psnr) > 0.3), psnr


def test_without_csi_one_signal_serves_all_snrs(link, link_of):
    transmitter = link_of("ntscc[csi=false]").transmitter
    low, high = Feedback(0.0), Feedback(20.0)
    assert transmitter.operating_point(low) == transmitter.operating_point(high)
    follows = link.transmitter
    assert follows.operating_point(low) != follows.operating_point(high)


def test_without_csi_no_accounting_tells_the_transmitter_the_snr(link_of):
    for accounting in ("coded", "capacity", "free"):
        link = link_of(f"ntscc[csi=false,side_info={accounting}]")
        assert link.transmitter.operating_point(Feedback(3.0)) is None


def test_images_are_told_apart_where_they_differ_in_shape_alone(
    link, sample_of, planned, received
):
    flat = np.arange(64 * 96 * 3, dtype=np.uint32).astype(np.uint8)
    shapes = (64, 96, 3), (96, 64, 3)
    source = [sample_of(flat.reshape(s), i) for i, s in enumerate(shapes)]
    _, (one, other) = planned(link, source, 0.15)
    for tx, sample in zip((one, other), source, strict=True):
        assert received(link, tx).data.shape == sample.data.shape


def test_lost_side_information_is_concealed_and_counted(link, photos, planned):
    sample = photos[0]
    _, (tx,) = planned(link, [sample], 0.03)
    rx = link.propagate(tx, SNR_DB, 1)
    x_hat = rx.x_hat.copy()
    x_hat[tx.ledger.of(purpose="header") :] *= -1
    estimate, _ = link.receive(rx._replace(x_hat=x_hat))
    assert estimate.lost
    assert estimate.data.shape == sample.data.shape
    # the mean of the prior is a picture without much in it
    assert estimate.data.std() < 0.5 * sample.data.std()


@pytest.mark.parametrize("accounting", ["capacity", "free"])
def test_side_information_that_is_not_coded_is_counted_as_said(
    accounting, photos, planned, link_of
):
    link, sample = link_of(f"ntscc[side_info={accounting}]"), photos[0]
    _, (tx,) = planned(link, [sample], 0.03)
    clean = len(tx.x[tx.clean])
    if accounting == "free":
        assert tx.ledger.of(purpose="side") == 0
        assert tx.ledger.total == np.count_nonzero(tx.x) - clean
    else:
        assert tx.ledger.of(purpose="side") == clean
        assert tx.ledger.total == np.count_nonzero(tx.x)
    assert tx.ledger.total <= 0.03 * sample.values
    # it arrives at an SNR that no code survives; the header does not
    rx = link.propagate(tx, -2.0, 1)
    assert not link.receive(rx)[0].lost


def test_the_three_accountings_order_the_pictures(photos, planned, received, link_of):
    sample, psnr = photos[0], {}
    for accounting in ("coded", "capacity", "free"):
        link = link_of(f"ntscc[side_info={accounting}]")
        _, (tx,) = planned(link, [sample], 0.03)
        estimate = received(link, tx)
        psnr[accounting] = psnr_db(sample.data, estimate.data)
    assert psnr["coded"] < psnr["free"]
    assert psnr["capacity"] < psnr["free"]


def test_bits_over_capacity():
    scheme = Scheme("capacity", 0, SNR_DB)
    uses = side_accounting.counted(10_000, scheme)
    assert uses == np.ceil(10_000 / np.log2(1 + db_to_linear(SNR_DB)))


def test_clean_symbols_carry_their_bits():
    bits = np.random.default_rng(0).integers(0, 2, 1001, np.uint8)
    x = clean_symbols.pack(bits, 50)
    assert np.mean(np.abs(x) ** 2) == pytest.approx(1, abs=0.2)
    np.testing.assert_array_equal(clean_symbols.unpack(x)[:1001], bits)
    with pytest.raises(ValueError, match="hold 960 bits, got 1001"):
        clean_symbols.pack(bits, 40)


def test_rates_by_likelihood_are_sent(photos, planned, received, link_of):
    link, sample = link_of("ntscc[allocation=likelihood]"), photos[0]
    plan, (tx,) = planned(link, [sample], 0.03)
    _, (by_entropy,) = planned(link_of("ntscc"), [sample], 0.03)
    side, less = (t.ledger.of(purpose="side") for t in (tx, by_entropy))
    assert side > less
    estimate = received(link, tx)
    assert not estimate.lost
    assert psnr_db(sample.data, estimate.data) > 20
    level = np.searchsorted(
        LEVELS, 2 * link.transmitter.maps(sample, plan)["rate [channel uses]"]
    )
    suggested = np.full_like(level, 5)
    bits = rate_map.encode(level[None], suggested[None])
    np.testing.assert_array_equal(rate_map.decode(bits, suggested[None])[0], level)


def test_side_information_is_a_small_part(link, photo_of, sample_of, planned):
    """At CBR 0.03 and 10 dB, with the header: at most 12 % of the symbols."""
    source = [sample_of(photo_of(i), i) for i in range(5)]
    _, signals = planned(link, source, 0.03)
    spent = sum((tx.ledger for tx in signals), Ledger())
    front = spent.of(purpose="header") + spent.of(purpose="side")
    assert 0 < front <= 0.12 * spent.total


def test_faded_symbols_are_weighed_by_their_noise(link, photos, planned):
    """With a share of symbols dead, the error is that share of what it could be."""
    sample = photos[0]
    _, (tx,) = planned(link, [sample], 0.06)
    rx = link.propagate(tx, SNR_DB, 1)
    front = tx.ledger.of(purpose="header")
    stride = link.pair.receiver._header.receive(rx.x_hat, rx.no)["stride"]
    side = front + stride * np.arange(tx.ledger.of(purpose="side"))
    noise = 100 * np.random.default_rng(2).normal(size=rx.x_hat.shape)

    def error(share):
        dead = np.random.default_rng(1).random(rx.x_hat.shape) < share
        dead[:front] = dead[side] = False
        faded = RxSignal(
            np.where(dead, noise, rx.x_hat).astype(np.complex64),
            np.where(dead, 1e4, rx.no).astype(np.float32),
            rx.h_hat,
        )
        estimate, _ = link.receive(faded)
        return 10 ** (-psnr_db(sample.data, estimate.data) / 10)

    intact, half, dead = error(0.0), error(0.5), error(1.0)
    assert intact < half < 0.65 * dead + 0.35 * intact


def test_weights_are_named_or_a_folder(tmp_path):
    with pytest.raises(InputError, match="weights must be base, base_rayleigh or"):
        KNOWN.build("transmitter", ComponentSpec.model_validate("ntscc[weights=best]"))
    empty = ComponentSpec(name="ntscc", params={"weights": str(tmp_path)})
    with pytest.raises(InputError, match="weights must be base, base_rayleigh or"):
        KNOWN.build("transmitter", empty)


def test_weights_are_part_of_what_a_result_is_known_by():
    identity = KNOWN.identity("transmitter", ComponentSpec(name="ntscc"))
    (digest,) = identity["files_sha256"]
    assert len(digest) == 64


def test_toy_sources_are_refused(link):
    """As by every pair that does not accept them."""
    assert link.pair.accepts == ("image",)


def test_side_information_is_spread_over_the_transmission():
    """Every stride-th symbol, and found again; what is cut short gives less."""
    rng = np.random.default_rng(0)
    for m, n in ((1, 0), (7, 3), (10, 95), (3, 4000)):
        side, payload = (rng.normal(size=k).astype(np.complex64) for k in (m, n))
        stride = stride_of(m, n)
        x = merge(side, payload, stride)
        found, rest = split(np.append(x, 0), m, stride)
        np.testing.assert_array_equal(found, side)
        np.testing.assert_array_equal(rest[:-1], payload)
        if n >= m:
            place = np.flatnonzero(np.isin(x, side))
            assert len(set(np.diff(place))) <= 1
            assert place[-1] > 0.8 * min(len(x), 255 * m) - stride
    assert len(split(x[:5], 3, stride_of(3, 4000))[0]) == 1


def test_fading_in_blocks_seldom_loses_spread_side_information(
    photos, planned, received, link_of
):
    """At an average SNR with some reserve, over fades of 168 symbols."""
    link = link_of("ntscc[margin_db=6]", "rayleigh")
    sample = photos[1]._replace(index=0)
    _, (tx,) = planned(link, [sample], 0.06, 14.0)
    lost = [received(link, tx, 14.0, seed).lost for seed in range(20)]
    assert np.mean(lost) <= 0.25
