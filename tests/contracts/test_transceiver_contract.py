"""Every registered transmitter and its receiver keep the contract of a transceiver."""

import inspect
from pathlib import Path

import numpy as np
import pytest

from baselines.separated import SeparatedTransmitter
from blocks.phy.mcs import TABLE
from experiments.compose import catalogue
from semlink.config import ComponentSpec, validate
from semlink.errors import InputError
from semlink.loop.exchange import Delivery
from semlink.loop.feedback import Feedback
from semlink.metrics import LINK_METRICS
from semlink.protocols import (
    Receiver,
    Reception,
    Request,
    RequestedTransmitter,
    RequestingReceiver,
    Transmitter,
)
from semlink.signals import IMAGE, Estimate, RxSignal
from semlink.sweeps.link_trial import LinkTrial
from semlink.sweeps.sweep import Sweep

REGISTRY = catalogue().registries["transmitter"]
NAMES = [
    name
    for name in REGISTRY.names()
    if all(
        p.default is not inspect.Parameter.empty for p in REGISTRY.schema(name).values()
    )
]
VARIANTS = ["jpeg_ldpc[code=regular]", "jpeg2000_ldpc[conceal=partial]"]
VARIANTS += ["webp_ldpc[mcs=auto]", "jpeg_ldpc[harq=chase]"] * TABLE.exists()
TRANSMITTERS = NAMES + VARIANTS
PARTS = Path(__file__).parent / "parts"

every = pytest.mark.parametrize("word", TRANSMITTERS)


def used(sent) -> np.ndarray:
    """The symbols that the ledger speaks of."""
    return sent.tx.x[: sent.tx.ledger.total]


def bound(sent) -> bool:
    """Whether the pair assumes an ideal code, for all or a part: no link."""
    return sent.transceiver.error_free or sent.tx.clean is not None


def coded(sent) -> bool:
    """Whether something is sent as bits, which may be lost."""
    return sent.tx.blocks.size > 0


def digital(sent) -> bool:
    """Whether every symbol is QAM, which is never zero.

    A pair with side information also has an analog payload.
    """
    return coded(sent) and not sent.tx.ledger.of(purpose="side")


def assert_same(one: Estimate, other: Estimate) -> None:
    np.testing.assert_array_equal(one.data, other.data)
    np.testing.assert_array_equal(one.blocks, other.blocks)
    assert (one.modality, one.lost) == (other.modality, other.lost)


def with_noise(rx: RxSignal, count: int) -> RxSignal:
    """The same, with what a receiver hears when nothing is sent."""
    draw = np.random.default_rng(4).normal(size=(2, count))
    noise = (draw[0] + 1j * draw[1]).astype(np.complex64) * np.sqrt(rx.no[0] / 2)
    no = np.full(noise.shape, rx.no[0], np.float32)
    extra = (noise.astype(np.complex64), no, np.ones_like(noise, np.complex64))
    return RxSignal(*(np.concatenate(p) for p in zip(rx, extra, strict=True)))


@every
def test_satisfies_the_protocols(word, send):
    pair = send(word).transceiver
    assert isinstance(pair.transmitter, Transmitter)
    assert isinstance(pair.receiver, Receiver)
    for said in (pair.error_free, pair.oracle, pair.remembers):
        assert isinstance(said, bool)


@every
def test_a_pair_with_a_loop_can_be_asked(word, send):
    sent = send(word)
    if sent.transceiver.loop is None:
        pytest.skip("nothing is fed back")
    assert isinstance(sent.transceiver.transmitter, RequestedTransmitter)
    assert isinstance(sent.transceiver.receiver, RequestingReceiver)
    process = sent.transceiver.receiver.listen()
    assert isinstance(process, Reception)
    request = process.request
    assert isinstance(request, Request)
    assert request.num_bits > 0
    assert not request.satisfied


@every
def test_says_what_it_accepts_and_sends_it(
    word, send, make_sample, send_over, noiseless
):
    sent = send(word)
    pair, link = sent.transceiver, sent.link
    assert isinstance(pair.accepts, tuple)
    assert pair.accepts
    for modality in pair.accepts:
        sample = make_sample(modality)
        _, _, tx = send_over(link, sample)
        estimate, _ = link.receive(noiseless(tx))
        assert estimate.modality == (pair.makes or sample.modality)
        assert estimate.data.dtype == sample.data.dtype


def test_a_source_of_what_it_does_not_accept_is_refused():
    settings = {"transmitter": "uncoded jpeg_ldpc", "channel": "awgn", "cbr": "1"}
    settings |= {"source": "gaussian", "snr_db": "10", "task": "reconstruction"}
    with pytest.raises(InputError, match="jpeg_ldpc accepts image, got .* of signal"):
        LinkTrial(validate(settings), catalogue())
    LinkTrial(validate(settings | {"transmitter": "uncoded"}), catalogue())


@every
def test_signal_has_the_documented_shape(word, send):
    tx = send(word).tx
    assert tx.x.dtype == np.complex64
    assert tx.x.ndim == 1
    assert np.all(np.isfinite(tx.x))
    for use, count in tx.ledger.items():
        assert use.direction == "down"
        assert type(count) is int
        assert count > 0
    assert tx.blocks.dtype == np.uint8
    assert tx.blocks.ndim == 2


@every
def test_ledger_counts_every_symbol(word, send):
    sent = send(word)
    # an analog pair can be exactly zero, all of the last 32 cannot
    assert np.any(sent.tx.x[-32:])
    if digital(sent):
        assert np.count_nonzero(sent.tx.x) == sent.tx.ledger.total
    if bound(sent):
        pytest.skip("what it sends is not what it is counted as")
    assert len(sent.tx.x) == sent.tx.ledger.total


@every
def test_length_on_the_air_says_little(word, send):
    sent = send(word)
    rx = sent.link.propagate(sent.tx, 10.0, seed=1)
    assert len(rx.x_hat) % 1024 == 0
    assert 0 <= len(rx.x_hat) - len(sent.tx.x) < 1024
    assert [part.shape for part in rx] == [rx.x_hat.shape] * 3


@every
def test_mean_symbol_energy_is_one(word, send):
    energy = np.abs(used(send(word))) ** 2
    error = np.std(energy, ddof=1) / np.sqrt(len(energy))
    assert abs(np.mean(energy) - 1) <= max(4 * error, 1e-4)


@every
def test_is_within_the_budget(word, send):
    sent = send(word)
    assert sent.tx.ledger.total / sent.sample.values <= sent.cbr


@every
def test_is_deterministic(word, send, fresh_link, planned):
    sent = send(word)
    again, _ = sent.link.transmit(sent.sample, sent.plan)
    plan, (other,) = planned(fresh_link(word), [sent.sample], sent.cbr)
    assert plan == sent.plan
    for tx in (again, other):
        np.testing.assert_array_equal(tx.x, sent.tx.x)
        assert tx.ledger == sent.tx.ledger


@every
def test_noise_leaves_the_transmitter_as_it_is(word, send, measured):
    sent = send(word)
    for snr_db in (-5.0, 20.0):
        measured(sent.link, sent.sample, sent.tx, snr_db, seed=2)
        again, _ = sent.link.transmit(sent.sample, sent.plan)
        np.testing.assert_array_equal(again.x, sent.tx.x)


TRUTH = {"captions": ("a picture of something else",), "instances": ()}


@every
def test_ground_truth_changes_nothing_that_is_sent(word, send):
    """Even where it is handed over, past the link: only an oracle reads it."""
    sent = send(word)
    assert not sent.transceiver.oracle, "oracles are not on by default"
    known = sent.sample._replace(annotations=TRUTH, query="what is it?")
    tx, _ = sent.transceiver.transmitter(known, sent.plan)
    np.testing.assert_array_equal(tx.x, sent.tx.x)


@pytest.mark.parametrize("oracle", [False, True])
def test_the_sample_of_a_transmitter_has_no_truth_unless_it_is_an_oracle(oracle):
    settings = {
        "source": str(PARTS / "asked.py"),
        "transmitter": f"{PARTS / 'watching.py'}[oracle={str(oracle).lower()}]",
        "channel": "awgn",
        "task": "reconstruction",
        "cbr": "1",
        "snr_db": "10",
    }
    trial = LinkTrial(validate(settings), catalogue())
    (point,) = Sweep(trial).points
    link, _, _ = trial.signal(point, 0)
    for index in range(3):
        trial.deliver(point, index, 0)
    seen = link.transmitter.seen
    assert {role for role, _ in seen} == {"plan", "send", "again"}
    for _, given in seen:
        sample = trial.source[given.index]
        assert sample.annotations
        assert given.query is None
        assert given.annotations == (sample.annotations if oracle else {})
        np.testing.assert_array_equal(given.data, sample.data)
    assert link.pair.receiver.asked == [sample.query for sample in trial.source]
    assert bool(trial.oracles()) == oracle


@pytest.mark.parametrize(("word", "oracle"), [
    ("akb_jscc_no_ckb", False),
    ("akb_jscc_no_ckb[describer=coco_captions]", True),
    ("akb_jscc_no_ckb[describer=coco_captions,source_kb=oracle]", True),
    ("akb_jscc_no_ckb[describer=coco_captions,source_kb=none]", False),
])  # fmt: skip
def test_a_describer_that_reads_annotations_makes_an_oracle(word, oracle, link_of):
    assert link_of(word).pair.oracle == oracle


@every
def test_operating_point_is_a_key(word, send):
    transmitter = send(word).link.transmitter
    points = [transmitter.operating_point(Feedback(s)) for s in (10.0, 10.0, 3.0)]
    assert hash(points[0]) == hash(points[1])
    assert points[0] == points[1]


@every
def test_signal_follows_the_operating_point_alone(word, send, fresh_link):
    sent, fresh = send(word), fresh_link(word)
    budgets = [fresh.budget(sent.cbr, "average", s) for s in (10.0, 4.0)]
    if budgets[0] != budgets[1]:
        pytest.skip("this transmitter uses its CSI")
    plans = [fresh.transmitter.plan([sent.sample], b) for b in budgets]
    assert plans[0] == plans[1] == sent.plan


@every
def test_estimate_has_the_documented_shape(word, send, noiseless):
    sent = send(word)
    estimate, memory = sent.link.receive(noiseless(sent.tx))
    assert estimate.data.shape == sent.sample.data.shape
    assert estimate.data.dtype == sent.sample.data.dtype
    assert estimate.lost is False
    np.testing.assert_array_equal(estimate.blocks, sent.tx.blocks)
    assert memory is None or sent.transceiver.remembers


@every
def test_high_snr_is_a_clean_link(word, send, noiseless, received):
    sent = send(word)
    clean = sent.link.receive(noiseless(sent.tx))[0].data
    estimate = received(sent.link, sent.tx, 60.0)
    assert not estimate.lost
    if digital(sent) or sent.transceiver.error_free:
        np.testing.assert_array_equal(estimate.data, clean)
    else:
        spread = np.std(clean.astype(float))
        error = np.std(estimate.data.astype(float) - clean)
        assert error < 0.01 * spread + 0.5


@every
def test_a_clean_link_gives_the_picture_of_the_codec(word, send, received):
    sent = send(word)
    if not isinstance(sent.link.transmitter, SeparatedTransmitter):
        pytest.skip("there is no codec to ask")
    codec = sent.link.transmitter._codec
    file = codec.encode(sent.sample.data, sent.plan.of(sent.sample).quality)
    estimate = received(sent.link, sent.tx, 60.0, seed=3)
    np.testing.assert_array_equal(estimate.data, codec.decode(file))


@every
def test_receiver_does_not_know_the_length(word, send):
    sent = send(word)
    rx = sent.link.propagate(sent.tx, 10.0, seed=1)
    estimate, _ = sent.link.receive(rx)
    assert not estimate.lost
    assert_same(sent.link.receive(with_noise(rx, 1024))[0], estimate)


@every
def test_what_was_received_before_leaves_no_trace(word, send, noiseless):
    """Without memory handed over, a receiver has none."""
    sent, rx = send(word), noiseless(send(word).tx)
    first, _ = sent.link.receive(rx)
    if not sent.transceiver.error_free:
        sent.link.receive(garbage(rx)["noise"])
    assert_same(sent.link.receive(rx)[0], first)


def garbage(rx: RxSignal) -> dict[str, RxSignal]:
    """Signals without information."""
    shape = rx.x_hat.shape
    draw = np.random.default_rng(5).normal(size=(2, *shape))
    noise = ((draw[0] + 1j * draw[1]) / np.sqrt(2)).astype(np.complex64)
    ones, nothing = np.ones(shape, np.float32), np.zeros(shape, np.complex64)
    signals = {"noise": (noise, ones), "silence": (nothing, ones)}
    signals["erased"] = (noise, np.full(shape, 1e9, np.float32))
    signals["not a number"] = (nothing * np.nan, ones)
    half = shape[0] // 2
    signals["half"] = (rx.x_hat[:half], rx.no[:half])
    signals["short"] = (rx.x_hat[:100], rx.no[:100])
    signals["empty"] = (rx.x_hat[:0], rx.no[:0])
    return {k: RxSignal(*v, np.ones_like(v[0])) for k, v in signals.items()}


KINDS = ("noise", "silence", "erased", "not a number", "half", "short", "empty")


def assert_shown(sent, estimate: Estimate) -> None:
    """A receiver shows a picture, or says that it has none; it can be judged."""
    assert estimate.modality == IMAGE
    if estimate.data is not None:
        assert estimate.data.ndim == 3
        assert estimate.data.shape[2] == 3
    judged = sent.link.judge(sent.sample, Delivery((sent.tx,), estimate, 0)).values
    named = {metric.name for metric in LINK_METRICS}
    assert named | {"psnr"} <= set(judged)
    assert np.isfinite(list(judged.values())).all()
    assert judged["psnr"][1] == judged["outage"][1] == 1


@pytest.mark.parametrize("kind", KINDS)
@every
def test_garbage_is_an_outage(word, kind, send, noiseless):
    sent = send(word)
    if sent.transceiver.error_free:
        pytest.skip("a bound always hears what was sent")
    estimate, _ = sent.link.receive(garbage(noiseless(sent.tx))[kind])
    assert estimate.lost is True
    if kind != "half":
        assert estimate.data is None
        assert not estimate.blocks.size
    assert_shown(sent, estimate)


@pytest.mark.parametrize("kind", KINDS)
@every
def test_garbage_after_the_header_is_an_outage(word, kind, send, noiseless):
    sent = send(word)
    if not coded(sent):
        pytest.skip("an analog payload is never lost")
    rx, start = noiseless(sent.tx), sent.tx.ledger.of(purpose="header")
    bad = garbage(rx)[kind]
    parts = ([a[:start], b[start:]] for a, b in zip(rx, bad, strict=True))
    broken = RxSignal(*(np.concatenate(p) for p in parts))
    estimate, _ = sent.link.receive(broken)
    assert estimate.lost is True
    assert_shown(sent, estimate)


@every
def test_one_bad_symbol_run_never_raises(word, send, noiseless):
    sent = send(word)
    if sent.transceiver.error_free:
        pytest.skip("a bound always hears what was sent")
    rx, total = noiseless(sent.tx), sent.tx.ledger.total
    for start in range(0, total, total // 7):
        x_hat = rx.x_hat.copy()
        x_hat[start : start + total // 5] *= -1
        estimate, _ = sent.link.receive(rx._replace(x_hat=x_hat))
        assert_shown(sent, estimate)


@every
def test_takes_only_what_its_schema_names(word):
    spec = ComponentSpec.model_validate(word)
    schema = REGISTRY.schema(spec.name)
    assert set(REGISTRY.resolve(spec.name, spec.argument, spec.params)) == set(schema)
