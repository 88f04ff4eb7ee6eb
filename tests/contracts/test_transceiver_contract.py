"""Every registered transmitter and its receiver keep the contract of a transceiver."""

from pathlib import Path

import numpy as np
import pytest

from blocks.phy.mcs import TABLE
from experiments.compose import catalogue
from semlink.config import ComponentSpec, validate
from semlink.errors import InputError
from semlink.loop.feedback import Feedback
from semlink.protocols import (
    AcknowledgedTransmitter,
    Receiver,
    Reception,
    Request,
    RequestedTransmitter,
    RequestingReceiver,
    Transmitter,
)
from semlink.sweeps.link_trial import LinkTrial
from semlink.sweeps.sweep import Sweep

REGISTRY = catalogue().registries["transmitter"]
NAMES = REGISTRY.complete()
VARIANTS = ["jpeg_ldpc[code=regular]", "jpeg2000_ldpc[conceal=partial]"]
VARIANTS += ["ntscc[arq=selective]", "ntscc[csi=map]"]
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
    loop, transmitter = sent.transceiver.loop, sent.transceiver.transmitter
    assert isinstance(transmitter, AcknowledgedTransmitter) or not loop.acknowledged
    if loop.max_transmissions > 1 or not loop.acknowledged:
        assert isinstance(transmitter, RequestedTransmitter)
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
        if not pair.makes:
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
    if sent.digital:
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
    """Even where it is handed over, past the link: only an oracle reads it.

    Nor is a query read by a pair that declares none.
    """
    sent = send(word)
    assert not sent.transceiver.oracle, "oracles are not on by default"
    query = None if sent.transceiver.hears_query else "what is it?"
    known = sent.sample._replace(annotations=TRUTH, query=query)
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
    assert ("oracle" in trial.references().values()) == oracle


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
def test_takes_only_what_its_schema_names(word):
    spec = ComponentSpec.model_validate(word)
    schema = REGISTRY.schema(spec.name)
    assert set(REGISTRY.resolve(spec.name, spec.argument, spec.params)) == set(schema)
