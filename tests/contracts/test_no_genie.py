"""A receiver works from its configuration and the received signals alone.

Samples are delivered one after the other, and all that was received is written down. A
process that never saw a transmitter builds each pair from its word and receives it
again: what was handed over on the side is gone, and the estimates must be the same.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from blocks.phy.mcs import TABLE
from experiments.checking.replay import elsewhere
from experiments.compose import catalogue
from semlink.chain import Link
from semlink.checking.pairs import Heard
from semlink.config import ComponentSpec
from semlink.loop.exchange import Delivery, Encoded, Memory, Receiving
from semlink.rng import Seeds
from semlink.signals import Estimate, RxSignal, Sample

REGISTRY = catalogue().registries["transmitter"]
NAMES = REGISTRY.complete()
HARQ = "jpeg2000_ldpc[harq=ir,round_trip_slots=3]"
WORDS = [*NAMES, "jpeg2000_ldpc[conceal=partial]", "linear_jscc[hybrid=true]"]
WORDS += ["ntscc[hybrid=true]", "akb_jscc[hybrid=true,actions=signalled]"]
WORDS += ["ntscc[arq=selective,hybrid=true,round_trip_slots=3]", "ntscc[arq=random]"]
WORDS += ["ntscc[csi=map]", "linear_jscc[importance=saliency]"]
WORDS += ["site_memory[refresh=3]"]
WORDS += ["ntscc[rate=roi[importance=saliency,power=optimal]]"]
WORDS += ["webp_ldpc[mcs=auto]", HARQ] * TABLE.exists()
# a clean link, a broken payload, a lost header, and clean again
SNRS_DB = (10.0, 8.6, -15.0, 10.0)
HARQ_DB = 4.0  # at which the first transmission fails
PARTS = Path(__file__).parent / "parts"
DIFFERENCES, CHEATING, HOARDING, ASKED = (
    str(PARTS / f"{name}.py")
    for name in ("differences", "cheating", "hoarding", "asked")
)
# words that take seconds, and whose receiver another word has, too
LONG = (
    *("avif_ldpc", "detector_features", "hevc_ldpc", "vvc_ldpc", "ntscc[hybrid=true]"),
    *("ntscc[arq=random]", "akb_jscc[hybrid=true,actions=signalled]"),
    *("akb_jscc_no_ckb", "ntscc[csi=map]", "webp_ldpc[mcs=auto]"),
    *("ntscc[rate=roi[importance=saliency,power=optimal]]", "linear_jscc[hybrid=true]"),
)
every = pytest.mark.parametrize(
    "word", [pytest.param(w, marks=pytest.mark.slow) if w in LONG else w for w in WORDS]
)


class Recorded(NamedTuple):
    """Samples that were delivered one after the other.

    queries : of the receiver
    deliveries : what became of each sample
    """

    queries: list
    deliveries: list[Delivery]

    @property
    def estimates(self) -> list[Estimate]:
        """Estimates of this process."""
        return [delivery.estimate for delivery in self.deliveries]


def recorded(link: Link, samples, plan, snrs_db) -> Recorded:
    """Deliver samples, with the memory of both ends carried on."""
    memory, deliveries = Memory(), []
    for number, (sample, snr_db) in enumerate(zip(samples, snrs_db, strict=True)):
        done = delivered(link, sample, plan, snr_db, Seeds(9, "", number), memory)
        memory = done.memory
        deliveries.append(done)
    return Recorded([sample.query for sample in samples], deliveries)


def delivered(link: Link, sample: Sample, plan, snr_db, seeds, before) -> Delivery:
    def encode(state_db, query=None):
        tx, memory = link.transmit(sample, plan, before.transmitter, query)
        return Encoded(link.given(sample, query), plan, tx, memory)

    return link.deliver(encode, snr_db, seeds, Receiving(sample.query, before))


def heard_of(course: Recorded) -> list[Heard]:
    """What came over the channel."""
    return [
        Heard(query, delivery.received, delivery.reported)
        for query, delivery in zip(course.queries, course.deliveries, strict=True)
    ]


def assert_same(one: Estimate, other: Estimate) -> None:
    """Two estimates are the same, to the bit."""
    assert (one.modality, one.lost) == (other.modality, other.lost)
    for a, b in zip(one, other, strict=True):
        assert (a is None) == (b is None)
        np.testing.assert_equal(a, b)


def assert_all_the_same(here: list[Estimate], there: list[Estimate]) -> None:
    """All estimates are."""
    for one, other in zip(here, there, strict=True):
        assert_same(one, other)


@pytest.fixture(scope="module")
def small():
    """Small pictures with a question each."""
    return list(catalogue().build("source", ComponentSpec(name=ASKED)))


@pytest.fixture(scope="module")
def courses(request, send, link_of, small):
    """Signals received by this process, by pair, of the tests that were selected."""
    items = (i for i in request.session.items if hasattr(i, "callspec"))
    selected = {item.callspec.params.get("word") for item in items}
    here = {}
    for word in filter(selected.__contains__, WORDS):
        sent = send(word)
        snrs_db = (10.0, HARQ_DB) if sent.transceiver.loop else SNRS_DB
        here[word] = recorded(
            sent.link, [sent.sample] * len(snrs_db), sent.plan, snrs_db
        )
    for word in (DIFFERENCES, CHEATING, HOARDING):
        here[word] = recorded(link_of(word), small, None, [20.0] * len(small))
    return here


@pytest.fixture(scope="module")
def answers(courses):
    """Estimates of another process."""
    return elsewhere({word: heard_of(course) for word, course in courses.items()})


@every
def test_a_fresh_process_makes_the_same_of_it(word, courses, answers):
    assert_all_the_same(courses[word].estimates, answers[word])


@every
def test_the_points_are_what_they_should_be(word, courses, send):
    pair, estimates = send(word).transceiver, courses[word].estimates
    if pair.error_free:
        pytest.skip("a bound hears no noise")
    if pair.loop:
        times = [len(delivery.received) for delivery in courses[word].deliveries]
        # what comes again is put where it was asked for, so the same estimates are
        # those of the same requests; analog links always have something to ask for
        assert times[0] == 1 < times[1] or min(times) == pair.loop.max_transmissions
        return
    assert [estimates[i].lost for i in (0, 2, 3)] == [False, True, False]
    assert estimates[2].data is None


def test_a_pair_with_memory_is_replayed_with_it(courses, answers, small, link_of):
    course = courses[DIFFERENCES]
    assert_all_the_same(course.estimates, answers[DIFFERENCES])
    for sample, estimate in zip(small, course.estimates, strict=True):
        error = estimate.data.astype(float) - sample.data[..., sample.query]
        assert np.std(error) < 25  # differences of noise alone would be off by 74
    # and it is the memory that does it
    forgetful = link_of(DIFFERENCES).pair.receiver
    (rx,), query = course.deliveries[1].received, course.queries[1]
    with pytest.raises(AssertionError):
        assert_same(course.estimates[1], forgetful(rx, query)[0])


@pytest.mark.parametrize("word", [CHEATING, HOARDING], ids=["peeks", "hoards"])
def test_a_receiver_that_knows_more_than_it_should_is_caught(word, courses, answers):
    with pytest.raises(AssertionError, match="Arrays are not equal"):
        assert_all_the_same(courses[word].estimates, answers[word])


def test_the_one_that_peeks_would_be_the_best_of_all(courses, small):
    for sample, estimate in zip(small, courses[CHEATING].estimates, strict=True):
        np.testing.assert_array_equal(estimate.data, sample.data)


def test_received_signal_has_no_room_for_a_genie():
    assert RxSignal._fields == ("x_hat", "no", "h_hat")
