"""AKB-JSCC as a link: knowledge bases, their cost, and mismatched receivers."""

from functools import cache

import numpy as np
import pytest

from blocks.budget_search import Settings
from blocks.knowledge.base import DEFAULT, KnowledgeBase, load
from blocks.nn.jscc import LEVELS
from experiments.compose import catalogue
from semlink.chain import Link
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.signals import IMAGE, Sample
from semlink.units import psnr_db

KNOWN = catalogue()
SNR_DB, CBR = 10.0, 0.04
PAIRS = ("akb_jscc", "akb_jscc[actions=signalled]", "akb_jscc_no_ckb")
PRESET, AFTER = "rate preset [channel uses]", "rate [channel uses]"


@cache
def make_link(word: str) -> Link:
    parts = {"transmitter": word, "channel": "awgn"}
    specs = {k: ComponentSpec.model_validate(v) for k, v in parts.items()}
    return Link(*(KNOWN.build(kind, spec) for kind, spec in specs.items()), {})


@cache
def photos(count: int = 3) -> tuple[Sample, ...]:
    source = KNOWN.build("source", ComponentSpec(name="photos"))
    cut = [source[i].data[:256, :320] for i in range(count)]
    return tuple(Sample(x, IMAGE, x.size, i, f"photo {i}") for i, x in enumerate(cut))


def sent(word: str, samples=None, cbr=CBR, mode="average", snr_db=SNR_DB):
    link, samples = make_link(word), samples or photos()
    plan = link.transmitter.plan(samples, link.budget(cbr, mode, snr_db))
    return link, plan, [link.transmit(sample, plan)[0] for sample in samples]


def quality(link, sample, tx, snr_db=SNR_DB) -> float:
    estimate, _ = link.receive(link.propagate(tx, snr_db, 1))
    assert not estimate.lost
    return psnr_db(sample.data, estimate.data)


@pytest.mark.parametrize(
    "word",
    [pytest.param(w, marks=pytest.mark.slow) for w in ("akb_jscc", PAIRS[1])]
    + [PAIRS[2]],
)
@pytest.mark.parametrize(
    "mode", [pytest.param("average", marks=pytest.mark.slow), "per_image"]
)
def test_the_rate_is_the_target(word, mode):
    _, _, signals = sent(word, mode=mode)
    pairs = zip(signals, photos(), strict=True)
    spent = [tx.ledger.total / sample.values for tx, sample in pairs]
    for value in [np.mean(spent)] if mode == "average" else spent:
        assert 0.985 * CBR <= value <= CBR  # small pictures: levels are coarse


@pytest.mark.parametrize(
    "word", [PAIRS[0], *(pytest.param(w, marks=pytest.mark.slow) for w in PAIRS[1:])]
)
def test_every_symbol_is_in_the_ledger_and_no_more(word):
    _, _, signals = sent(word)
    for tx in signals:
        assert tx.ledger.total == np.count_nonzero(tx.x)


def header_of(tx) -> int:
    return tx.ledger.of(purpose="header")


def test_the_number_of_the_entry_is_counted():
    sample = photos()[:1]
    _, _, (with_kb,) = sent("akb_jscc_no_ckb", sample)
    _, _, (without,) = sent("akb_jscc_no_ckb[source_kb=none]", sample)
    bits = 8 + 20  # of version and number, QPSK at rate 1/5
    assert header_of(with_kb) - header_of(without) == 5 * bits / 2


@pytest.mark.slow
def test_an_embedding_that_is_sent_costs_what_it_costs():
    sample = photos()[:1]
    _, _, (with_kb,) = sent("akb_jscc_no_ckb", sample)
    link, _, (oracle,) = sent("akb_jscc_no_ckb[source_kb=oracle]", sample)
    side = [tx.ledger.of(purpose="side") for tx in (oracle, with_kb)]
    assert side[0] > side[1] + 1000
    assert quality(link, sample[0], oracle) > 20


def test_a_wrong_entry_costs_little():
    """A number that was changed on the way past its CRC: a picture all the same."""
    (sample,) = photos()[:1]
    link, _, (tx,) = sent("akb_jscc_no_ckb", (sample,))
    right = quality(link, sample, tx)
    header = link.pair.receiver._header
    rx = link.propagate(tx, SNR_DB, 1)
    fields = header.receive(rx.x_hat, rx.no)
    x_hat = rx.x_hat.copy()
    fields["kb_index"] ^= 1234  # of 4,096 entries
    x_hat[: header.num_symbols] = header.send(fields)
    wrong, _ = link.receive(rx._replace(x_hat=x_hat))
    assert not wrong.lost
    assert abs(psnr_db(sample.data, wrong.data) - right) < 1


def test_a_receiver_with_another_base_refuses(tmp_path):
    base = load(DEFAULT)
    larger = base.added(["something else"], base.vectors[:1])
    larger.save(tmp_path / "other.npz")
    link, _, (tx,) = sent("akb_jscc_no_ckb", photos()[:1])
    receiver = make_link(f"akb_jscc_no_ckb[kb={tmp_path / 'other.npz'}]")
    rx = link.propagate(tx, SNR_DB, 1)
    with pytest.raises(InputError, match="must be the transmitter's"):
        receiver.receive(rx)


def test_actions_change_the_map_and_the_receiver_follows():
    (sample,) = photos()[:1]
    link, plan, (tx,) = sent("akb_jscc", (sample,))
    maps = link.transmitter.maps(sample, plan)
    before, after = (2 * maps[name] for name in (PRESET, AFTER))
    assert np.mean(before != after) > 0.05
    levels = np.searchsorted(LEVELS, before), np.searchsorted(LEVELS, after)
    assert np.abs(levels[1] - levels[0]).max() <= 2
    assert np.ceil(after.sum() / 2) == tx.ledger.of(purpose="payload")
    assert quality(link, sample, tx) > 20


@pytest.mark.slow
def test_the_channel_kb_can_see_an_snr_that_the_codec_does_not():
    """With ``csi=rate``, at one setting, the SNR changes the rate map alone."""
    (sample,) = photos()[:1]
    link, plan, _ = sent("akb_jscc[csi=rate]", (sample,))
    setting = plan.of(sample)
    maps, signals = [], []
    for snr in (setting.snr, setting.snr - 40):
        other = Settings(((sample.index, setting._replace(snr=snr)),))
        maps.append(link.transmitter.maps(sample, other)[AFTER])
        signals.append(link.transmit(sample, other)[0])
    assert np.mean(maps[0] != maps[1]) > 0.01
    assert link.transmitter.shared.codec_snr_db == SNR_DB
    for tx in signals:
        assert quality(link, sample, tx) > 20


def test_without_a_channel_kb_the_map_is_the_preset():
    """It is the same pair under another name."""
    (sample,) = photos()[:1]
    link, plan, (tx,) = sent("akb_jscc_no_ckb", (sample,))
    assert PRESET not in link.transmitter.maps(sample, plan)
    _, _, (other,) = sent("akb_jscc[rate=preset]", (sample,))
    np.testing.assert_array_equal(tx.x, other.x)


def test_the_preset_has_the_other_parameters_and_no_controller():
    with_rate, without = map(
        KNOWN.registries["transmitter"].schema, ("akb_jscc", "akb_jscc_no_ckb")
    )
    assert {*with_rate} - {*without} == {"rate", "actions"}
    with pytest.raises(InputError, match="unknown parameter .*'rate'"):
        sent("akb_jscc_no_ckb[rate=uniform]")


def test_a_base_of_another_width_is_refused(tmp_path):
    path = tmp_path / "wide.npz"
    KnowledgeBase(["a"], np.ones((1, 768)), "clip").save(path)
    spec = ComponentSpec(name="akb_jscc", params={"kb": str(path)})
    with pytest.raises(InputError, match="must have 384 values an entry .* got 768"):
        KNOWN.build("transmitter", spec)


@pytest.mark.parametrize("word", ["weights={}", "rate=channel_kb:{}"])
def test_weights_are_named_or_a_folder(word, tmp_path):
    (tmp_path / "model.weights.h5").write_bytes(b"no weights")
    what = "policy" if "rate" in word else "weights"
    for value, said in (("best", f"{what} must be base"), (tmp_path, "make promote")):
        spec = ComponentSpec.model_validate(f"akb_jscc[{word.format(value)}]")
        with pytest.raises(InputError, match=said):
            KNOWN.build("transmitter", spec)


def test_all_that_results_depend_on_is_in_the_identity():
    identity = KNOWN.identity("transmitter", ComponentSpec(name="akb_jscc"))
    assert len(identity["files_sha256"]) == 3  # weights, knowledge base, policy
    alone = KNOWN.identity("transmitter", ComponentSpec(name="akb_jscc_no_ckb"))
    assert len(alone["files_sha256"]) == 2
