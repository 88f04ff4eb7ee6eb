"""Every transmitter plans a sample alone, and a set in order without its future."""

from functools import cache

import numpy as np
import pytest

from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.signals import IMAGE, Sample

KNOWN = catalogue()
SNR_DB = 10.0
SIZES = ((96, 128), (160, 160), (112, 96))
CBRS = {"uncoded": 0.6, "jpeg_ldpc[mcs=auto]": 0.15}
WORDS = (*CBRS, "linear_jscc", "jpeg2000_capacity", "ntscc[rate=likelihood]")
every = pytest.mark.parametrize("word", WORDS)


@cache
def pictures() -> tuple[Sample, ...]:
    photo = KNOWN.build("source", ComponentSpec(name="photos"))[0].data
    cut = [photo[40 : 40 + h, 150 : 150 + w] for h, w in SIZES]
    return tuple(Sample(x, IMAGE, x.size, i, f"{i}") for i, x in enumerate(cut))


@pytest.fixture(scope="module")
def plan_of(link_of):
    """Give the plan of a transmitter for samples, by its word."""

    def plan(word: str, samples, mode: str):
        link = link_of(word)
        budget = link.budget(CBRS.get(word, 0.1), mode, SNR_DB)
        return link.transmitter.plan(samples, budget)

    return plan


@pytest.mark.parametrize("mode", ["average", "per_image", "causal"])
@every
def test_a_sample_that_is_not_the_first_is_planned_and_sent(
    word, mode, plan_of, link_of
):
    sample, link = pictures()[2], link_of(word)
    plan = plan_of(word, [sample], mode)
    tx, _ = link.transmit(sample, plan)
    assert tx.ledger.total <= CBRS.get(word, 0.1) * sample.values
    again = plan_of(word, [sample], mode)
    assert hash(plan) == hash(again)
    assert plan == again


@every
def test_causal_plans_keep_the_running_budget_and_know_no_future(
    word, plan_of, link_of
):
    samples, link = pictures(), link_of(word)
    plan = plan_of(word, samples, "causal")
    spent = [link.transmit(sample, plan)[0].ledger.total for sample in samples]
    cbr = CBRS.get(word, 0.1)
    allowed = np.cumsum([int(cbr * sample.values + 1e-9) for sample in samples])
    assert np.all(np.cumsum(spent) <= allowed)
    for count in (1, 2):
        first = plan_of(word, samples[:count], "causal")
        assert first is None or first.each == plan.each[:count]


@every
def test_the_order_of_calls_changes_no_plan(word, plan_of):
    """Plans for other samples and another mode in between leave no trace."""
    samples = pictures()
    before = plan_of(word, samples, "per_image")
    plan_of(word, samples[::-1][:2], "average")
    assert plan_of(word, samples, "per_image") == before
