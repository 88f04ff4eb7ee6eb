"""Every registered transmitter and its receiver keep the contract of a transceiver."""

import inspect

import numpy as np
import pytest

from baselines.separated import SeparatedTransmitter
from blocks.phy.mcs import TABLE
from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.loop.feedback import Feedback
from semlink.protocols import Receiver, Transmitter
from semlink.signals import Estimate, RxSignal

REGISTRY = catalogue().registries["transmitter"]
NAMES = [
    name
    for name in REGISTRY.names()
    if all(
        p.default is not inspect.Parameter.empty for p in REGISTRY.schema(name).values()
    )
]
VARIANTS = ["jpeg_ldpc[code=regular]", "jpeg2000_ldpc[conceal=partial]"]
VARIANTS += ["webp_ldpc[mcs=auto]"] * TABLE.exists()
TRANSMITTERS = NAMES + VARIANTS

every = pytest.mark.parametrize("word", TRANSMITTERS)


def used(sent) -> np.ndarray:
    """The symbols that the ledger speaks of."""
    return sent.tx.x[0, : sent.tx.ledger.total[0]]


def coded(sent) -> bool:
    """Whether something is sent as bits, which may be lost."""
    return sent.tx.blocks[0].size > 0


def digital(sent) -> bool:
    """Whether every symbol is QAM, which is never zero.

    What has side information has an analog payload for it.
    """
    return coded(sent) and not sent.tx.ledger.side[0]


def assert_same(one: Estimate, other: Estimate) -> None:
    for a, b in zip(one.image + one.blocks, other.image + other.blocks, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(one.lost, other.lost)


def with_noise(rx: RxSignal, count: int) -> RxSignal:
    """The same, with what a receiver hears when nothing is sent."""
    draw = np.random.default_rng(4).normal(size=(2, len(rx.x_hat), count))
    noise = (draw[0] + 1j * draw[1]).astype(np.complex64) * np.sqrt(rx.no[0, 0] / 2)
    no = np.full(noise.shape, rx.no[0, 0], np.float32)
    extra = (noise.astype(np.complex64), no, np.ones_like(noise, np.complex64))
    return RxSignal(*(np.concatenate(p, axis=1) for p in zip(rx, extra, strict=True)))


@every
def test_satisfies_the_protocols(word, send):
    transceiver = send(word).transceiver
    assert isinstance(transceiver.transmitter, Transmitter)
    assert isinstance(transceiver.receiver, Receiver)
    assert isinstance(transceiver.error_free, bool)


@every
def test_signal_has_the_documented_shape(word, send):
    tx = send(word).tx
    assert tx.x.dtype == np.complex64
    assert tx.x.ndim == 2
    assert len(tx.x) == len(tx.blocks) == 1
    assert np.all(np.isfinite(tx.x))
    for entry in tx.ledger:
        assert entry.shape == (1,)
        assert entry.dtype == np.int64
        assert entry[0] >= 0
    assert all(b.dtype == np.uint8 and b.ndim == 2 for b in tx.blocks)


@every
def test_ledger_counts_every_symbol(word, send):
    sent = send(word)
    total = sent.tx.ledger.total[0]
    assert not np.any(sent.tx.x[0, total:])
    # an analog pair can be exactly zero, all of the last 32 cannot
    assert np.any(used(sent)[-32:])
    if digital(sent):
        assert np.count_nonzero(sent.tx.x[0]) == total


@every
def test_length_on_the_air_says_little(word, send):
    sent = send(word)
    assert sent.tx.x.shape[1] % 1024 == 0
    assert sent.tx.x.shape[1] - sent.tx.ledger.total[0] < 1024


@every
def test_mean_symbol_energy_is_one(word, send):
    energy = np.abs(used(send(word))) ** 2
    error = np.std(energy, ddof=1) / np.sqrt(len(energy))
    assert abs(np.mean(energy) - 1) <= max(4 * error, 1e-4)


@every
def test_is_within_the_budget(word, send):
    sent = send(word)
    assert sent.tx.ledger.total[0] / sent.batch.image.size <= sent.cbr


@every
def test_is_deterministic(word, send, make_link):
    sent = send(word)
    _, fresh = make_link(sent.spec)
    budget = fresh.budget(sent.cbr, "average", 10.0)
    plan = fresh.transmitter.plan([sent.batch], budget)
    for link, p in ((sent.link, sent.plan), (fresh, plan)):
        again = link.transmit(sent.batch, p)
        np.testing.assert_array_equal(again.x, sent.tx.x)


@every
def test_noise_leaves_the_transmitter_as_it_is(word, send):
    sent = send(word)
    for snr_db in (-5.0, 20.0):
        sent.link.measure(sent.batch, sent.tx, snr_db, seed=2)
        again = sent.link.transmit(sent.batch, sent.plan)
        np.testing.assert_array_equal(again.x, sent.tx.x)


@every
def test_operating_point_is_a_key(word, send):
    transmitter = send(word).link.transmitter
    points = [transmitter.operating_point(Feedback(s)) for s in (10.0, 10.0, 3.0)]
    assert hash(points[0]) == hash(points[1])
    assert points[0] == points[1]


@every
def test_signal_follows_the_operating_point_alone(word, send, make_link):
    sent = send(word)
    _, fresh = make_link(sent.spec)
    budgets = [fresh.budget(sent.cbr, "average", s) for s in (10.0, 4.0)]
    if budgets[0] != budgets[1]:
        pytest.skip("this transmitter uses its CSI")
    plans = [fresh.transmitter.plan([sent.batch], b) for b in budgets]
    assert plans[0] == plans[1] == sent.plan


@every
def test_estimate_has_the_documented_shape(word, send, noiseless):
    sent = send(word)
    estimate = sent.link.receive(noiseless(sent.tx))
    assert estimate.image[0].shape == sent.batch.image[0].shape
    assert estimate.image[0].dtype == sent.batch.image[0].dtype
    assert estimate.lost.dtype == bool
    assert estimate.lost.tolist() == [False]
    np.testing.assert_array_equal(estimate.blocks[0], sent.tx.blocks[0])


@every
def test_high_snr_is_a_clean_link(word, send, noiseless):
    sent = send(word)
    clean = sent.link.receive(noiseless(sent.tx)).image[0]
    estimate = sent.link.receive(sent.link.propagate(sent.tx, 60.0, seed=1))
    assert not estimate.lost[0]
    if digital(sent) or sent.transceiver.error_free:
        np.testing.assert_array_equal(estimate.image[0], clean)
    else:
        spread = np.std(clean.astype(float))
        error = np.std(estimate.image[0].astype(float) - clean)
        assert error < 0.01 * spread + 0.5


@every
def test_a_clean_link_gives_the_picture_of_the_codec(word, send):
    sent = send(word)
    if not isinstance(sent.link.transmitter, SeparatedTransmitter):
        pytest.skip("there is no codec to ask")
    codec = sent.link.transmitter._codec
    file = codec.encode(sent.batch.image[0], sent.plan.quality[0])
    estimate = sent.link.receive(sent.link.propagate(sent.tx, 60.0, seed=3))
    np.testing.assert_array_equal(estimate.image[0], codec.decode(file))


@every
def test_receiver_does_not_know_the_length(word, send):
    sent = send(word)
    rx = sent.link.propagate(sent.tx, 10.0, seed=1)
    estimate = sent.link.receive(rx)
    assert not estimate.lost[0]
    assert_same(sent.link.receive(with_noise(rx, 1024)), estimate)


@every
def test_images_of_a_batch_are_received_alone(word, send, noiseless):
    sent = send(word)
    rx = noiseless(sent.tx)
    both = RxSignal(*(np.concatenate([a, a]) for a in rx))
    estimate, alone = sent.link.receive(both), sent.link.receive(rx)
    assert estimate.lost.tolist() == [False, False]
    for i in range(2):
        np.testing.assert_array_equal(estimate.image[i], alone.image[0])


def garbage(rx: RxSignal) -> dict[str, RxSignal]:
    """What nothing can be read from."""
    shape = rx.x_hat.shape
    draw = np.random.default_rng(5).normal(size=(2, *shape))
    noise = ((draw[0] + 1j * draw[1]) / np.sqrt(2)).astype(np.complex64)
    ones, nothing = np.ones(shape, np.float32), np.zeros(shape, np.complex64)
    signals = {"noise": (noise, ones), "silence": (nothing, ones)}
    signals["erased"] = (noise, np.full(shape, 1e9, np.float32))
    signals["not a number"] = (nothing * np.nan, ones)
    half = shape[1] // 2
    signals["half"] = (rx.x_hat[:, :half], rx.no[:, :half])
    signals["short"] = (rx.x_hat[:, :100], rx.no[:, :100])
    signals["empty"] = (rx.x_hat[:, :0], rx.no[:, :0])
    return {k: RxSignal(*v, np.ones_like(v[0])) for k, v in signals.items()}


KINDS = ("noise", "silence", "erased", "not a number", "half", "short", "empty")


@pytest.mark.parametrize("kind", KINDS)
@every
def test_garbage_is_an_outage(word, kind, send, noiseless):
    sent = send(word)
    if sent.transceiver.error_free:
        pytest.skip("a bound always hears what was sent")
    estimate = sent.link.receive(garbage(noiseless(sent.tx))[kind])
    assert estimate.lost.tolist() == [True]
    assert estimate.image[0].ndim == 3
    assert estimate.image[0].shape[2] == 3


@pytest.mark.parametrize("kind", KINDS)
@every
def test_garbage_after_the_header_is_an_outage(word, kind, send, noiseless):
    sent = send(word)
    if not coded(sent):
        pytest.skip("an analog payload is never lost")
    rx, start = noiseless(sent.tx), sent.tx.ledger.header[0]
    bad = garbage(rx)[kind]
    parts = ([a[:, :start], b[:, start:]] for a, b in zip(rx, bad, strict=True))
    broken = RxSignal(*(np.concatenate(p, axis=1) for p in parts))
    estimate = sent.link.receive(broken)
    assert estimate.lost.tolist() == [True]
    metrics = sent.link._task(sent.batch, estimate)
    assert np.isfinite(metrics["psnr"][0]).all()


@every
def test_one_bad_symbol_run_never_raises(word, send, noiseless):
    sent = send(word)
    if sent.transceiver.error_free:
        pytest.skip("a bound always hears what was sent")
    rx, total = noiseless(sent.tx), int(sent.tx.ledger.total[0])
    for start in range(0, total, total // 7):
        x_hat = rx.x_hat.copy()
        x_hat[:, start : start + total // 5] *= -1
        estimate = sent.link.receive(rx._replace(x_hat=x_hat))
        assert estimate.image[0].shape[2] == 3


@every
def test_takes_only_what_its_schema_names(word):
    spec = ComponentSpec.model_validate(word)
    schema = REGISTRY.schema(spec.name)
    assert set(REGISTRY.resolve(spec.name, spec.argument, spec.params)) == set(schema)
