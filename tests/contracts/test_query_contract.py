"""A query reaches a transmitter that declares it, once signalled and counted."""

from pathlib import Path

import numpy as np
import pytest
from skimage import data

from blocks.budget_search import Choices, Cost, search
from experiments.compose import catalogue
from semlink.chain import Link
from semlink.config import ComponentSpec, validate
from semlink.errors import InputError
from semlink.loop.feedback_link import FeedbackLink
from semlink.modalities.boxes import Boxes
from semlink.modalities.query import Query, num_bits
from semlink.protocols import Budget
from semlink.signals import IMAGE, Sample, Use
from semlink.sweeps.link_trial import LinkTrial
from semlink.sweeps.sweep import Sweep

PARTS = Path(__file__).parent / "parts"
ASKED = Use("query", "up")


def trial_of(source="curious", hears=True, **feedback):
    """A trial of a pair that records what it sees, and its only point."""
    settings = {
        "source": str(PARTS / f"{source}.py"),
        "transmitter": f"{PARTS / 'heeding.py'}[hears={str(hears).lower()}]",
        "channel": "awgn",
        "task": "reconstruction",
        "cbr": "1",
        "snr_db": "10",
        "feedback": feedback,
    }
    trial = LinkTrial(validate(settings), catalogue())
    (point,) = Sweep(trial).points
    return trial, point


def seen_by(trial, point):
    link, _, _ = trial.signal(point, 0)
    return link, link.transmitter.seen


def test_a_query_is_signalled_counted_and_then_known():
    trial, point = trial_of(bits_per_use=2, delay_slots=3)
    _, seen = seen_by(trial, point)
    for index in range(3):
        query, delivery = trial.source[index].query, trial.deliver(point, index, 0)
        (sent,) = (s for role, s in seen if (role, s.index) == ("send", index))
        assert sent.query == query
        uses = FeedbackLink(2).uses(num_bits(query))
        assert delivery.fed_back.get(ASKED, 0) == uses
        assert delivery.sent[0].ledger.total == 100 + num_bits(query)
        assert delivery.slots == 1 + 3 * (query is not None)


def test_plans_know_the_queries_and_pay_for_them():
    trial, point = trial_of(bits_per_use=2)
    trial.deliver(point, 0, 0)
    link = trial.signal(point, 0)[0]
    planned = [sample for role, sample in link.transmitter.seen if role == "plan"]
    assert [sample.query for sample in planned] == [s.query for s in trial.source]


def test_a_lost_query_is_counted_and_unknown():
    trial, point = trial_of(bits_per_use=2, loss=0.999999)
    _, seen = seen_by(trial, point)
    seen.clear()
    for index in range(3):
        delivery = trial.deliver(point, index, 0)
        uses = FeedbackLink(2).uses(num_bits(trial.source[index].query))
        assert delivery.fed_back.get(ASKED, 0) == uses
        assert seen[-1][0] == "send"
        assert seen[-1][1].query is None
        assert delivery.sent[0].ledger.total == 100
    # its plan knows nothing either
    assert [s.query for role, s in seen if role == "plan"] == [None] * 3


def test_losses_do_not_share_signals_with_arrivals():
    trial, point = trial_of(loss=0.5)
    lengths = {trial.deliver(point, 0, draw).sent[0].x.size for draw in range(20)}
    assert lengths == {100, 100 + num_bits(trial.source[0].query)}


def test_who_does_not_declare_it_gets_no_query():
    trial, point = trial_of(hears=False, bits_per_use=2)
    link, _, _ = trial.signal(point, 0)
    deliveries = [trial.deliver(point, index, 0) for index in range(3)]
    assert all(sample.query is None for _, sample in link.transmitter.seen)
    assert not any(delivery.fed_back for delivery in deliveries)


def test_what_is_no_query_is_refused_before_anything_is_sent():
    trial, point = trial_of("asked")
    with pytest.raises(InputError, match="must be a Query, got 0"):
        trial.deliver(point, 0, 0)


def test_the_budget_of_a_sample_includes_its_query():
    image = np.zeros((20, 20, 3), np.uint8)
    spent = []

    def best(cost, limit, what):
        spent.append((cost(7), limit))
        return 7

    for query in (None, Query(classes=("dog",))):
        sample = Sample(image, IMAGE, 1200, 0, "one", query)
        budget = Budget(0.1, "per_image", None, feedback=FeedbackLink(0.5))
        search([sample], budget, lambda _: Choices(lambda m, s: Cost(s), best))
    assert spent == [(7, 120), (7 + 28, 120)]


HEARING = (
    "linear_jscc[importance=query]",
    "fine_coarse_ldpc[mcs=auto]",
    pytest.param("ntscc[rate=roi[importance=query]]", marks=pytest.mark.slow),
)


@pytest.mark.parametrize("word", HEARING)
def test_what_is_heard_changes_what_is_sent(word, monkeypatch):
    """A query that arrives names a region; one that is lost names none."""

    class Dogs:
        categories, version = ("dog",), "dogs"

        def __call__(self, image):
            box = np.float32([[32, 32, 40, 40]])
            return Boxes(("dog",), np.float32([0.9]), box, image.shape[:2])

    monkeypatch.setattr("blocks.importance.query.detector", lambda word: Dogs())
    spec = ComponentSpec.model_validate(word)
    pair = catalogue().build("transmitter", spec)
    assert pair.hears_query
    link = Link(pair, catalogue().build("channel", ComponentSpec(name="awgn")), {})
    image = data.astronaut()[:128, 128:288]
    sample = Sample(np.ascontiguousarray(image), IMAGE, image.size, 0, "one")
    signals = []
    for query in (Query(classes=("dog",)), Query(classes=("cat",)), None):
        given = link.given(sample, query)
        plan = link.plan([given], link.budget(0.1, "average", 10.0))
        signals.append(link.transmit(sample, plan, None, query)[0].x)
    assert not np.array_equal(signals[0], signals[2])
    np.testing.assert_array_equal(signals[1], signals[2])
