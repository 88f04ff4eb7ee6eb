"""What every registered receiver makes of clean signals, of noise and of garbage."""

import numpy as np
import pytest

from baselines.separated.link import SeparatedTransmitter
from blocks.phy.mcs import TABLE
from experiments.compose import catalogue
from semlink.contracts import pairs
from semlink.loop.exchange import Delivery
from semlink.metrics import LINK_METRICS
from semlink.modalities.boxes import BOXES
from semlink.signals import IMAGE, Estimate, RxSignal

VARIANTS = ["jpeg_ldpc[code=regular]", "jpeg2000_ldpc[conceal=partial]"]
VARIANTS += ["ntscc[arq=selective]", "ntscc[csi=map]"]
VARIANTS += ["webp_ldpc[mcs=auto]", "jpeg_ldpc[harq=chase]"] * TABLE.exists()
TRANSMITTERS = catalogue().registries["transmitter"].complete() + VARIANTS

SURE = 0.3  # confidence of boxes that a little noise leaves as they are

every = pytest.mark.parametrize("word", TRANSMITTERS)


def assert_same(one: Estimate, other: Estimate) -> None:
    np.testing.assert_equal(one.data, other.data)
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
def test_estimate_has_the_documented_shape(word, send, noiseless):
    sent = send(word)
    estimate, memory = sent.link.receive(noiseless(sent.tx))
    pairs.judged(estimate, sent.sample, sent.transceiver)
    if estimate.modality == sent.sample.modality:
        assert estimate.data.shape == sent.sample.data.shape
        assert estimate.data.dtype == sent.sample.data.dtype
    assert estimate.data is not None
    assert estimate.lost is False
    np.testing.assert_array_equal(estimate.blocks, sent.tx.blocks)
    assert memory is None or sent.transceiver.remembers


@every
def test_high_snr_is_a_clean_link(word, send, noiseless, received):
    sent = send(word)
    clean = sent.link.receive(noiseless(sent.tx))[0].data
    estimate = received(sent.link, sent.tx, 60.0)
    assert not estimate.lost
    if sent.digital or sent.transceiver.error_free:
        np.testing.assert_equal(estimate.data, clean)
    elif estimate.modality == BOXES:
        sure, expected = (boxes.above(SURE) for boxes in (estimate.data, clean))
        assert sure.categories == expected.categories
        np.testing.assert_allclose(sure.scores, expected.scores, atol=0.02)
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
    signals["faded"] = (noise, np.full(shape, 1e9, np.float32))
    signals["erased"] = (nothing, np.full(shape, np.inf, np.float32))
    signals["not a number"] = (nothing * np.nan, ones)
    half, short = shape[0] // 2, min(shape[0] // 2, 100)
    signals["half"] = (rx.x_hat[:half], rx.no[:half])
    signals["short"] = (rx.x_hat[:short], rx.no[:short])
    signals["empty"] = (rx.x_hat[:0], rx.no[:0])
    return {k: RxSignal(*v, np.ones_like(v[0])) for k, v in signals.items()}


KINDS = (
    "noise",
    "silence",
    "faded",
    "erased",
    "not a number",
    "half",
    "short",
    "empty",
)


def assert_shown(sent, estimate: Estimate) -> None:
    """A receiver shows what it makes, or says that it has none; it can be judged."""
    makes = sent.transceiver.makes or IMAGE
    assert estimate.modality == makes
    if estimate.data is not None and makes == IMAGE:
        assert estimate.data.ndim == 3
        assert estimate.data.shape[2] == 3
    judged = sent.link.judge(sent.sample, Delivery((sent.tx,), estimate, 0)).values
    named = {metric.name for metric in LINK_METRICS}
    assert named | ({"psnr"} if makes == IMAGE else set()) <= set(judged)
    assert np.isfinite(list(judged.values())).all()
    assert all(judged[name][1] == 1 for name in {"psnr", "outage"} & set(judged))


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
    if not sent.coded:
        pytest.skip("an analog payload is never lost")
    rx, start = noiseless(sent.tx), sent.tx.ledger.of(purpose="header")
    bad = garbage(rx)[kind]
    parts = ([a[:start], b[start:]] for a, b in zip(rx, bad, strict=True))
    broken = RxSignal(*(np.concatenate(p) for p in parts))
    estimate, _ = sent.link.receive(broken)
    assert estimate.lost is True
    assert_shown(sent, estimate)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@every
def test_an_erased_symbol_is_one_of_endless_noise(word, send, noiseless):
    sent = send(word)
    if sent.transceiver.error_free:
        pytest.skip("a bound always hears what was sent")
    rx = noiseless(sent.tx)
    gone = np.arange(len(rx.no)) % 50 == 0
    x_hat, faded = np.where(gone, np.complex64(0), rx.x_hat), rx.no.copy()
    faded[gone] = 1e20
    erased = np.where(gone, np.float32(np.inf), rx.no)
    one, other = (
        sent.link.receive(RxSignal(x_hat, no, rx.h_hat))[0] for no in (erased, faded)
    )
    assert not one.lost
    assert_same(one, other)
    if sent.transceiver.makes:
        if sent.digital:
            assert_same(one, sent.link.receive(rx)[0])
        return
    clean = sent.link.receive(rx)[0].data.astype(float)
    assert np.std(one.data - clean) < 0.5 * np.std(clean)


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
