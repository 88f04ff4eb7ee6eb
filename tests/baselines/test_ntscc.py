"""NTSCC as a link: signal, channel uses, received picture."""

from functools import cache

import numpy as np
import pytest

from blocks.learned import rate_map
from blocks.learned.frame import merge, split, stride_of
from blocks.learned.summary import Summary
from blocks.nn.jscc import LEVELS
from blocks.phy import clean_symbols, side_accounting
from blocks.phy.side_accounting import Scheme
from experiments.compose import catalogue
from semlink.chain import Link
from semlink.config import ComponentSpec
from semlink.errors import Infeasible, InputError
from semlink.graph import traces
from semlink.loop.feedback import Feedback
from semlink.signals import IMAGE, RxSignal, Sample
from semlink.units import db_to_linear, psnr_db

KNOWN = catalogue()
SNR_DB = 10.0


@cache
def make_link(word: str = "ntscc", channel: str = "awgn") -> Link:
    parts = {"transmitter": word, "channel": channel}
    specs = {k: ComponentSpec.model_validate(v) for k, v in parts.items()}
    return Link(*(KNOWN.build(kind, spec) for kind, spec in specs.items()), {})


@cache
def photos(count: int = 3) -> tuple[Sample, ...]:
    source = KNOWN.build("source", ComponentSpec(name="photos"))
    return tuple(cut(source[i].data[:256, :320], i) for i in range(count))


def cut(image: np.ndarray, index: int = 0) -> Sample:
    return Sample(image, IMAGE, image.size, index, f"photo {index}")


def sent(link: Link, source, cbr: float, mode: str = "average", snr_db=SNR_DB):
    plan = link.transmitter.plan(source, link.budget(cbr, mode, snr_db))
    return plan, [link.transmit(sample, plan)[0] for sample in source]


def received(link: Link, tx, snr_db=SNR_DB, seed=1):
    return link.receive(link.propagate(tx, snr_db, seed))[0]


@pytest.mark.slow
def test_side_information_survives_its_coder_on_photos_of_twenty_sizes():
    """Bit-exact, and within 1 % of the bits that the learned prior estimates."""
    networks = make_link().transmitter._networks
    photo = KNOWN.build("source", ComponentSpec(name="photos"))[4].data
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


def test_one_graph_serves_photos_of_all_sizes():
    networks = make_link().transmitter._networks
    photo = KNOWN.build("source", ComponentSpec(name="photos"))[4].data
    networks.summarise(networks.analyse(photo), 0.5)
    before = dict(traces)
    for height, width in [(64, 96), (200, 333), (333, 128), (500, 400)]:
        networks.summarise(networks.analyse(photo[:height, :width]), 0.5)
    assert traces == before


def test_noise_decodes_to_a_summary_or_to_an_error():
    """As where a broken block passes its CRC: never to classes that do not exist."""
    coder, rng = make_link().transmitter._networks.coder, np.random.default_rng(5)
    refused = 0
    for length in rng.integers(1, 4000, 60):
        try:
            summary = coder.decode(rng.integers(0, 2, length, np.uint8), (16, 20))
        except ValueError:
            refused += 1
            continue
        assert 0 <= summary.classes.min() <= summary.classes.max() < 64
    assert refused < 60


def test_a_table_entry_that_is_no_class_is_refused(monkeypatch):
    coder = make_link().transmitter._networks.coder
    entries = np.full(24, 64)
    monkeypatch.setattr(coder._coder, "decode_causal", lambda *_, **__: entries)
    with pytest.raises(ValueError, match="classes must be below 64, got 64"):
        coder.decode(np.zeros(9, np.uint8), (2, 3))


def test_both_ends_derive_one_rate_map():
    """Signals depend on values alone, not on the history of the process."""
    networks = make_link().transmitter._networks
    summary = networks.summarise(networks.analyse(photos()[0].data), 0.5)
    one = networks.statistics(summary, 0.5)
    networks.statistics(networks.coder.likeliest((4, 6)), 0.2)
    other = networks.statistics(Summary(*map(np.copy, summary)), 0.5)
    np.testing.assert_array_equal(one.index, other.index)
    np.testing.assert_array_equal(
        networks.levels(one.entropy, 0.3), networks.levels(other.entropy, 0.3)
    )


@pytest.mark.parametrize("mode", ["average", "per_image"])
@pytest.mark.parametrize("cbr", [0.02, 0.05, 0.1])
def test_the_rate_is_the_target(cbr, mode):
    source = photos()
    _, signals = sent(make_link(), source, cbr, mode)
    pairs = zip(signals, source, strict=True)
    spent = [tx.ledger.total / sample.values for tx, sample in pairs]
    # a step of eta changes the signal of one picture by some 1 %
    least, of = (0.99, [np.mean(spent)]) if mode == "average" else (0.985, spent)
    for value in of:
        assert least * cbr <= value <= 1.005 * cbr


def test_a_budget_below_header_and_side_information_is_refused():
    with pytest.raises(Infeasible, match=r"smallest signal of the set is \d"):
        sent(make_link(), photos(), 0.002)


def test_rates_of_the_map_are_those_on_the_air():
    link, sample = make_link(), photos()[0]
    plan, (tx,) = sent(link, [sample], 0.03)
    maps = link.transmitter.maps(sample, plan)
    assert maps["entropy [bits]"].shape == maps["rate [channel uses]"].shape == (16, 20)
    assert np.ceil(maps["rate [channel uses]"].sum()) == tx.ledger.of(purpose="payload")
    assert set(2 * maps["rate [channel uses]"].ravel()) <= set(LEVELS)


@pytest.mark.slow
def test_the_better_the_channel_the_better_the_picture():
    link, sample = make_link(), cut(photos()[1].data)
    psnr = []
    for snr_db in (0.0, 5.0, 10.0, 20.0):
        _, (tx,) = sent(link, [sample], 0.05, snr_db=snr_db)
        estimate = received(link, tx, snr_db)
        assert not estimate.lost
        psnr.append(psnr_db(sample.data, estimate.data))
    assert np.all(np.diff(psnr) > 0.3), psnr


def test_without_csi_one_signal_serves_all_snrs():
    transmitter = make_link("ntscc[csi=false]").transmitter
    low, high = Feedback(0.0), Feedback(20.0)
    assert transmitter.operating_point(low) == transmitter.operating_point(high)
    follows = make_link().transmitter
    assert follows.operating_point(low) != follows.operating_point(high)


def test_without_csi_no_accounting_tells_the_transmitter_the_snr():
    for accounting in ("coded", "capacity", "free"):
        link = make_link(f"ntscc[csi=false,side_info={accounting}]")
        assert link.transmitter.operating_point(Feedback(3.0)) is None


@pytest.mark.slow
def test_csi_for_rates_alone_leaves_power_and_code_at_the_design():
    """At the design SNR it equals full CSI; elsewhere the codec keeps that SNR."""
    sample = photos()[1]
    words = ("ntscc", "ntscc[csi=rate]")
    full, rate = (sent(make_link(w), [sample], 0.05)[1][0] for w in words)
    np.testing.assert_array_equal(full.x, rate.x)
    link = make_link("ntscc[csi=rate]")
    assert link.transmitter.operating_point(Feedback(4.0)) == (96, 4.0)
    _, (low,) = sent(link, [sample], 0.05, snr_db=4.0)
    assert low.ledger.of(purpose="side") > rate.ledger.of(purpose="side")
    _, (adapted,) = sent(make_link(), [sample], 0.05, snr_db=4.0)
    psnr = [
        psnr_db(sample.data, received(own, tx, 4.0).data)
        for own, tx in ((link, low), (make_link(), adapted))
    ]
    assert psnr[0] < psnr[1]
    assert psnr[0] > psnr[1] - 1.5


@pytest.mark.slow
def test_images_are_told_apart_where_they_differ_in_shape_alone():
    flat = np.arange(64 * 96 * 3, dtype=np.uint32).astype(np.uint8)
    source = [cut(flat.reshape(64, 96, 3), 0), cut(flat.reshape(96, 64, 3), 1)]
    link = make_link()
    _, (one, other) = sent(link, source, 0.15)
    for tx, sample in zip((one, other), source, strict=True):
        assert received(link, tx).data.shape == sample.data.shape


def test_lost_side_information_is_concealed_and_counted():
    link, sample = make_link(), photos()[0]
    _, (tx,) = sent(link, [sample], 0.03)
    rx = link.propagate(tx, SNR_DB, 1)
    x_hat = rx.x_hat.copy()
    x_hat[tx.ledger.of(purpose="header") :] *= -1
    estimate, _ = link.receive(rx._replace(x_hat=x_hat))
    assert estimate.lost
    assert estimate.data.shape == sample.data.shape
    # the mean of the prior is a picture without much in it
    assert estimate.data.std() < 0.5 * sample.data.std()


@pytest.mark.parametrize("accounting", ["capacity", "free"])
def test_side_information_that_is_not_coded_is_counted_as_said(accounting):
    link, sample = make_link(f"ntscc[side_info={accounting}]"), photos()[0]
    _, (tx,) = sent(link, [sample], 0.03)
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


@pytest.mark.slow
def test_the_three_accountings_order_the_pictures():
    sample, psnr = photos()[0], {}
    for accounting in ("coded", "capacity", "free"):
        link = make_link(f"ntscc[side_info={accounting}]")
        _, (tx,) = sent(link, [sample], 0.03)
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


@pytest.mark.slow
def test_rates_by_likelihood_are_sent():
    link, sample = make_link("ntscc[rate=likelihood]"), photos()[0]
    plan, (tx,) = sent(link, [sample], 0.03)
    _, (by_entropy,) = sent(make_link(), [sample], 0.03)
    assert tx.ledger.of(purpose="side") > by_entropy.ledger.of(purpose="side")
    estimate = received(link, tx)
    assert not estimate.lost
    assert psnr_db(sample.data, estimate.data) > 20
    level = np.searchsorted(
        LEVELS, 2 * link.transmitter.maps(sample, plan)["rate [channel uses]"]
    )
    suggested = np.full_like(level, 5)
    bits = rate_map.encode(level[None], suggested[None])
    np.testing.assert_array_equal(rate_map.decode(bits, suggested[None])[0], level)


def test_side_information_is_a_small_part():
    """At CBR 0.03 and 10 dB, with the header: at most 12 % of the symbols."""
    source = KNOWN.build("source", ComponentSpec(name="photos"))
    samples = [source[i] for i in range(len(source))]
    _, signals = sent(make_link(), samples, 0.03)
    ledgers = [tx.ledger for tx in signals]
    parts = ("header", "side")
    front = sum(one.of(purpose=part) for one in ledgers for part in parts)
    assert front <= 0.12 * sum(one.total for one in ledgers)


def test_faded_symbols_are_weighed_by_their_noise():
    """With a share of symbols dead, the error is that share of what it could be."""
    link, sample = make_link(), photos()[0]
    _, (tx,) = sent(link, [sample], 0.06)
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
        return 10 ** (-psnr_db(sample.data, link.receive(faded)[0].data) / 10)

    intact, half, dead = error(0.0), error(0.5), error(1.0)
    assert intact < half < 0.65 * dead + 0.35 * intact


def test_weights_are_named_or_a_folder(tmp_path):
    with pytest.raises(InputError, match="weights must be base or"):
        KNOWN.build("transmitter", ComponentSpec.model_validate("ntscc[weights=best]"))
    empty = ComponentSpec(name="ntscc", params={"weights": str(tmp_path)})
    with pytest.raises(InputError, match="weights must be base or"):
        KNOWN.build("transmitter", empty)


def test_weights_are_part_of_what_a_result_is_known_by():
    identity = KNOWN.identity("transmitter", ComponentSpec(name="ntscc"))
    (digest,) = identity["files_sha256"]
    assert len(digest) == 64


def test_side_information_is_spread_over_the_transmission():
    """Every stride-th symbol is recovered; a short signal gives fewer."""
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


@pytest.mark.slow
def test_fading_in_blocks_seldom_loses_spread_side_information():
    """At an average SNR with some reserve, over fades of 168 symbols."""
    link = make_link("ntscc[margin_db=6]", "rayleigh")
    sample = cut(photos()[1].data)
    _, (tx,) = sent(link, [sample], 0.06, snr_db=14.0)
    lost = [received(link, tx, 14.0, seed).lost for seed in range(20)]
    assert np.mean(lost) <= 0.25
