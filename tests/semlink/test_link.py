"""The chain: what is counted, what reaches the receiver, and what noise does."""

import numpy as np
import pytest

from semlink import graph
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.link import Link, compiled_channel, link_metrics
from semlink.protocols import Budget, Frame, Transceiver
from semlink.registry import Registry
from semlink.signals import Estimate, RxSignal, TxSignal, ledger


def tx_of(*blocks, uses=100):
    sent = tuple(np.array(b, np.uint8) for b in blocks)
    x = np.zeros((len(sent), 128), np.complex64)
    return TxSignal(x, ledger(len(sent), payload=uses), sent)


def estimate_of(*blocks, lost=False):
    decoded = tuple(np.array(b, np.uint8) for b in blocks)
    return Estimate((None,) * len(decoded), np.full(len(decoded), lost), decoded)


def counted(tx, estimate):
    metrics = link_metrics(tx, estimate)
    return {k: (list(s), list(c)) for k, (s, c) in metrics.items()}


SENT = [[0, 1, 1, 0], [1, 1, 1, 1], [0, 0, 0, 0]]


def test_errors_are_counted_against_what_was_sent():
    decoded = [[0, 1, 1, 0], [1, 0, 0, 1], [0, 0, 0, 1]]
    metrics = counted(tx_of(SENT, SENT), estimate_of(decoded, SENT))
    assert metrics == {
        "ber": ([3, 0], [12, 12]),
        "bler": ([2, 0], [3, 3]),
        "outage": ([0, 0], [1, 1]),
        "goodput": ([4, 12], [100, 100]),
    }


def test_blocks_never_decoded_are_lost_but_have_no_bit_errors():
    nothing = np.zeros((0, 0), np.uint8)
    metrics = counted(tx_of(SENT), estimate_of(nothing, lost=True))
    assert metrics == {
        "ber": ([0], [0]),
        "bler": ([3], [3]),
        "outage": ([1], [1]),
        "goodput": ([0], [100]),
    }


def test_blocks_of_another_layout_are_lost():
    metrics = counted(tx_of(SENT), estimate_of(SENT[:2]))
    assert metrics["bler"] == ([3], [3])
    assert metrics["ber"] == ([0], [0])


def test_a_link_without_code_blocks_has_no_rate_of_them():
    nothing = np.zeros((0, 0), np.uint8)
    metrics = counted(tx_of(nothing), estimate_of(nothing))
    for metric in ("ber", "bler", "goodput"):
        assert metrics[metric][1] == [0]
    assert metrics["outage"] == ([0], [1])


def test_another_number_of_images_is_an_error():
    with pytest.raises(ValueError, match="shorter"):
        link_metrics(tx_of(SENT, SENT), estimate_of(SENT))


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
    """Build a link of the tests' components, and an image to send."""

    def link(channel=None, **params):
        parts = build(**params)
        over = channel or parts["channel"]
        return Link(parts["transmitter"], over, parts["task"]), parts["source"][0]

    return link


def sent(link, batch):
    budget = link.budget(1.0, "average", 10.0)
    return link.transmit(batch, link.transmitter.plan([batch], budget))


def test_budget_carries_the_operating_point(make):
    assert make()[0].budget(0.1, "average", 5.0) == Budget(0.1, "average", None)
    csi, _ = make(csi=True)
    assert csi.budget(0.1, "per_image", 5.0) == Budget(0.1, "per_image", 5.0)


def test_the_seed_alone_decides_the_noise(make):
    link, batch = make()
    tx = sent(link, batch)
    first, other, again = (link.propagate(tx, 10.0, s).x_hat for s in (1, 2, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.any(first == other)


def test_metrics_are_those_of_task_and_link(make):
    link, batch = make()
    assert link.metrics == ("psnr", "differing", "ber", "bler", "outage", "goodput")
    measured = link.measure(batch, sent(link, batch), 10.0, 1)
    assert tuple(measured) == link.metrics
    for total, count in measured.values():
        assert np.shape(total) == np.shape(count) == (1,)


class Framed:
    """Gives symbols back as they are; 10 of 12 channel uses carry them."""

    level, frame = "eager", Frame(data=10, total=12)

    def __call__(self, x, snr_db, course) -> RxSignal:
        return RxSignal(x, np.ones(x.shape, np.float32), np.ones_like(x))


@pytest.mark.parametrize("stage", [lambda c: c, compiled_channel])
def test_what_a_channel_spends_on_itself_is_counted(make, stage):
    link, batch = make(stage(Framed()))
    tx = sent(link, batch)
    uses = link.ledger(tx)
    assert uses._replace(pilots=tx.ledger.pilots) == tx.ledger
    assert uses.total[0] == -(-tx.ledger.total[0] // 10) * 12
    assert 0.98 < uses.total[0] / batch.image.size <= 1  # CBR 1
    good_bits, symbols = link.measure(batch, tx, 10.0, 1)["goodput"]
    assert symbols == uses.total
    assert good_bits[0] > 0


def test_a_bound_spends_nothing_on_frames(make):
    link, batch = make(Framed(), error_free=True)
    tx = sent(link, batch)
    assert link.ledger(tx).total == tx.ledger.total


@pytest.mark.parametrize(("symbols", "uses"), [(0, 0), (1, 12), (10, 12), (11, 24)])
def test_frames_are_sent_whole(symbols, uses):
    frame = Frame(data=10, total=12)
    assert frame.uses(symbols) == uses
    assert frame.symbols(uses) >= symbols
    assert frame.symbols(23) == 10


def test_more_noise_is_worse(make):
    link, batch = make()
    tx = sent(link, batch)
    psnr = [link.measure(batch, tx, snr, 1)["psnr"][0][0] for snr in (-5, 10, 25)]
    assert psnr == sorted(psnr)
    assert psnr[-1] - psnr[0] > 3


def test_a_bound_is_received_without_noise(make):
    link, batch = make(error_free=True)
    rx = link.propagate(sent(link, batch), -30.0, 1)
    np.testing.assert_array_equal(rx.x_hat, sent(link, batch).x)
    assert rx.no.max() < 1e-6
    assert np.all(rx.h_hat == 1)


class NoTask:
    """Judges nothing."""

    metrics = ()


class Old:
    """Draws from wherever it likes."""

    def __call__(self, x, snr_db): ...


def test_a_channel_without_a_course_is_refused():
    with pytest.raises(InputError, match=r"course, got Old\(x, snr_db\)$") as refusal:
        compiled_channel(Old())
    assert "\n" not in str(refusal.value)


def test_a_compiled_channel_follows_the_seed():
    awgn = pytest.importorskip("channels.awgn").build()
    link, tx = (
        Link(Transceiver(None, None), compiled_channel(awgn), NoTask()),
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
