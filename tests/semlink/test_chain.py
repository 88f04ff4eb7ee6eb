"""The chain: channel uses, input of the receiver, and noise."""

import numpy as np
import pytest

from semlink import graph
from semlink.chain import Link, link_metrics
from semlink.compiled_channel import compiled_channel
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.loop.exchange import Delivery, Encoded
from semlink.metrics import Metric
from semlink.protocols import Frame, Transceiver
from semlink.registry import Registry
from semlink.rng import Course, Seeds
from semlink.signals import (
    DOWN,
    NO_BLOCKS,
    Estimate,
    RxSignal,
    TxSignal,
    Use,
    join_blocks,
    ledger,
)


def tx_of(blocks):
    x = np.zeros(100, np.complex64)
    return TxSignal(x, ledger(payload=len(x)), np.array(blocks, np.uint8))


def counted(sent, decoded, lost=False):
    estimate = Estimate(None, "image", lost, np.array(decoded, np.uint8))
    return link_metrics(Delivery((tx_of(sent),), estimate, 1), 100)


SENT = [[0, 1, 1, 0], [1, 1, 1, 1], [0, 0, 0, 0]]


def test_errors_are_counted_against_what_was_sent():
    decoded = [[0, 1, 1, 0], [1, 0, 0, 1], [0, 0, 0, 1]]
    assert counted(SENT, decoded) == {
        "ber": (3, 12),
        "bler": (2, 3),
        "outage": (0, 1),
        "goodput": (4, 100),
    }
    assert counted(SENT, SENT)["goodput"] == (12, 100)


def test_blocks_of_several_lengths_count_the_bits_that_they_have():
    short, long = np.uint8([[0, 1]]), np.uint8([[1, 1, 0, 0], [0, 1, 0, 1]])
    wrong = long ^ np.uint8([[0, 0, 0, 0], [1, 0, 0, 1]])
    sent, decoded = join_blocks(short, long), join_blocks(short, wrong)
    metrics = counted(sent, decoded)
    assert metrics["ber"] == (2, 10)
    assert metrics["bler"] == (1, 3)
    assert metrics["goodput"] == (6, 100)
    assert join_blocks(NO_BLOCKS, short, NO_BLOCKS).tolist() == short.tolist()
    assert join_blocks(NO_BLOCKS).shape == (0, 0)


def test_blocks_never_decoded_are_lost_but_have_no_bit_errors():
    nothing = np.zeros((0, 0), np.uint8)
    assert counted(SENT, nothing, lost=True) == {
        "ber": (0, 0),
        "bler": (3, 3),
        "outage": (1, 1),
        "goodput": (0, 100),
    }


def test_blocks_of_another_layout_are_lost():
    metrics = counted(SENT, SENT[:2])
    assert metrics["bler"] == (3, 3)
    assert metrics["ber"] == (0, 0)


def test_a_link_without_code_blocks_has_no_rate_of_them():
    nothing = np.zeros((0, 0), np.uint8)
    metrics = counted(nothing, nothing)
    for metric in ("ber", "bler", "goodput"):
        assert metrics[metric][1] == 0
    assert metrics["outage"] == (0, 1)


@pytest.fixture
def build(components):
    """Build the tests' components."""

    def parts(**params):
        built = {}
        for kind, path in components.items():
            values = params if kind == "transmitter" else {}
            registry = Registry(kind, packages=(), group=f"semlink.{kind}s")
            built[kind] = registry.build(ComponentSpec(name=path).name, **values)
        return built

    return parts


@pytest.fixture
def make(build):
    """Build a link of the tests' components, and a sample to send."""

    def link(channel=None, tasks=None, **params):
        parts = build(**params)
        over = channel or parts["channel"]
        judges = tasks or {"distance": parts["task"]}
        return Link(parts["transmitter"], over, judges), parts["source"][0]

    return link


def sent(link, sample):
    budget = link.budget(1.0, "average", 10.0)
    plan = link.transmitter.plan([sample], budget)
    return link.transmit(sample, plan)[0]


def measured(link, sample, snr_db):
    """Metrics of a sample over a link at an SNR."""
    first = Encoded(link.given(sample), "plan", sent(link, sample))
    delivery = link.deliver(lambda _: first, snr_db, Seeds(1))
    return link.judge(sample, delivery).values


def test_budget_carries_the_operating_point(make):
    assert make()[0].budget(0.1, "average", 5.0)[:3] == (0.1, "average", None)
    csi, _ = make(csi=True)
    assert csi.budget(0.1, "per_image", 5.0)[:3] == (0.1, "per_image", 5.0)


def test_the_seed_alone_decides_the_noise(make):
    link, sample = make()
    tx = sent(link, sample)
    first, other, again = (link.propagate(tx, 10.0, s).x_hat for s in (1, 2, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.any(first == other)


def test_metrics_are_those_of_task_and_link(make):
    link, sample = make()
    names = {"psnr", "differing", "ber", "bler", "outage", "goodput"}
    names |= {"psnr if received", "differing if received"}
    assert set(measured(link, sample, 10.0)) == names


class Raw:
    """A task of one score, whose observation is named as a metric of the link is."""

    judges = ("image",)
    metrics = (Metric("score", "score", kind="set"),)

    def observe(self, sample, estimate):
        return {"bler": [1, 2, 3]}


def test_an_observation_may_have_the_name_of_a_metric_of_another(make):
    link, sample = make(tasks={"raw": Raw()})
    first = Encoded(link.given(sample), "plan", sent(link, sample))
    judged = link.judge(sample, link.deliver(lambda _: first, 10.0, Seeds(1)))
    assert judged.observed == {"raw": {"bler": [1, 2, 3]}}
    assert judged.values["bler"][1] == 1


class Framed:
    """Gives symbols back as they are; 10 of 12 channel uses carry them."""

    level, frame = "eager", Frame(data=10, total=12)

    def __call__(self, x, snr_db, course) -> RxSignal:
        return RxSignal(x, np.ones(x.shape, np.float32), np.ones_like(x))


@pytest.mark.parametrize("stage", [lambda c: c, compiled_channel])
def test_what_a_channel_spends_on_itself_is_counted(make, stage):
    link, sample = make(stage(Framed()))
    tx = sent(link, sample)
    uses = link.ledger(tx)
    assert uses.pop(Use("pilots", DOWN)) == -(-tx.ledger.total // 10) * 12 - len(tx.x)
    assert uses == tx.ledger
    uses = link.ledger(tx)
    assert 0.98 < uses.total / sample.values <= 1  # CBR 1
    good_bits, symbols = measured(link, sample, 10.0)["goodput"]
    assert symbols == uses.total
    assert good_bits > 0


def test_a_bound_spends_nothing_on_frames(make):
    link, sample = make(Framed(), error_free=True)
    tx = sent(link, sample)
    assert link.ledger(tx).total == tx.ledger.total


@pytest.mark.parametrize(("symbols", "uses"), [(0, 0), (1, 12), (10, 12), (11, 24)])
def test_frames_are_sent_whole(symbols, uses):
    frame = Frame(data=10, total=12)
    assert frame.uses(symbols) == uses
    assert frame.symbols(uses) >= symbols
    assert frame.symbols(23) == 10


def test_more_noise_is_worse(make):
    link, sample = make()
    psnr = [measured(link, sample, snr)["psnr"][0] for snr in (-5, 10, 25)]
    assert psnr == sorted(psnr)
    assert psnr[-1] - psnr[0] > 3


def test_a_bound_is_received_without_noise(make):
    link, sample = make(error_free=True)
    rx = link.propagate(sent(link, sample), -30.0, 1)
    x = sent(link, sample).x
    np.testing.assert_array_equal(rx.x_hat[: len(x)], x)
    assert rx.no.max() < 1e-6
    assert np.all(rx.h_hat == 1)


class Old:
    """Draws from wherever it likes."""

    def __call__(self, x, snr_db): ...


def test_a_channel_without_a_course_is_refused():
    with pytest.raises(InputError, match=r"course, got Old\(x, snr_db\)$") as refusal:
        compiled_channel(Old())
    assert "\n" not in str(refusal.value)


class Fade:
    """Divides by a gain that is zero at every other symbol, in double precision."""

    level = "eager"

    def __call__(self, x, snr_db, course):
        h = np.ones(x.shape, complex)
        h[:, ::2] = 0
        with np.errstate(all="ignore"):
            return RxSignal(h * x / h, 0.1 / np.abs(h) ** 2, h)


def test_what_arrives_is_in_the_types_of_the_contract_and_zero_where_erased():
    x = np.ones((2, 6), np.complex64)
    rx = compiled_channel(Fade())(x, np.float32(0), Course(1))
    assert [part.dtype for part in rx] == [np.complex64, np.float32, np.complex64]
    np.testing.assert_array_equal(rx.x_hat, np.tile([0, 1], (2, 3)))
    np.testing.assert_array_equal(np.isinf(rx.no), np.tile([True, False], (2, 3)))


def test_a_compiled_channel_follows_the_seed():
    awgn = pytest.importorskip("channels.awgn").build()
    link, tx = (
        Link(Transceiver(None, None), compiled_channel(awgn), {}),
        tx_of(SENT),
    )
    before = graph.traces["channel"]
    grid = [(snr_db, seed) for snr_db in (0.0, 5.0, 10.0) for seed in (1, 2)]
    once, again = (
        {where: link.propagate(tx, *where).x_hat.tobytes() for where in order}
        for order in (grid, grid[::-1])
    )
    assert once == again
    assert len(set(once.values())) == len(grid)
    assert graph.traces["channel"] == before + 1
