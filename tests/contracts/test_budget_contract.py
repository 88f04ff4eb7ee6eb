"""Every registered transmitter keeps its budget, or raises ``Infeasible``."""

from typing import get_args

import numpy as np
import pytest

from experiments.compose import catalogue
from semlink.errors import Infeasible
from semlink.protocols import CbrMode

REGISTRY = catalogue().registries["transmitter"]
NAMES = REGISTRY.complete()
SIZES = ((128, 192), (96, 144), (120, 101))
CBRS = (0.1, 0.55, 1.1, 3.0)
# Qualities of these are fine enough to use a budget up
FINE = ("jpeg2000_ldpc", "jpeg2000_capacity", "jpeg_ldpc", "linear_jscc")
ODD = ((17, 33), (64, 48), (31, 200), (16, 16), (2, 7), (1, 1))
LEGIBLE = 17  # side from which every picture fits the largest budget

every = pytest.mark.parametrize("name", NAMES)

CBR_MODES = get_args(CbrMode)


def plan(link, source, cbr, mode="average"):
    return link.transmitter.plan(source, link.budget(cbr, mode, 10.0))


def first_feasible(link, source, mode):
    """The lowest budget that the transmitter can keep, and its plan."""
    for cbr in CBRS:
        try:
            return cbr, plan(link, source, cbr, mode)
        except Infeasible:
            continue
    raise AssertionError(f"nothing fits CBR {CBRS}")


def share_of(budget, ledgers, source, mode):
    """The share of the budget that is spent, of each sample's, or up to each sample."""
    uses, values = [u.total for u in ledgers], [s.values for s in source]
    if mode == "causal":
        return np.cumsum(uses) / np.cumsum(np.multiply(budget, values))
    spent = np.divide(uses, values)
    return (np.mean(spent) if mode == "average" else spent) / budget


@pytest.mark.parametrize("mode", CBR_MODES)
@every
@pytest.mark.slow
def test_pilots_are_within_the_budget(name, mode, link_of, make_picture):
    """Over OFDM, whose frames are sent whole and are short for these pictures."""
    link = link_of(name, "tdl[subcarriers=12]")
    source = [make_picture(*size, index=i) for i, size in enumerate(SIZES)]
    cbr, chosen = first_feasible(link, source, mode)
    ledgers = [link.ledger(link.transmit(sample, chosen)[0]) for sample in source]
    share = share_of(cbr, ledgers, source, mode)
    assert np.all(share <= 1 + 1e-12)
    if name in FINE:
        assert np.all(share > 0.9)
    if link.pair.error_free:
        return
    for uses in ledgers:
        assert uses.total % 168 == 0
        assert uses.of(purpose="pilots") >= uses.total / 7


@pytest.mark.parametrize("mode", CBR_MODES)
@every
def test_budget_is_kept_and_used(name, mode, link_of, make_picture):
    link = link_of(name)
    source = [make_picture(*size, index=i) for i, size in enumerate(SIZES)]
    cbr, chosen = first_feasible(link, source, mode)
    ledgers = [link.transmit(sample, chosen)[0].ledger for sample in source]
    share = share_of(cbr, ledgers, source, mode)
    assert np.all(share <= 1 + 1e-12)
    if name in FINE:
        assert np.all(share > 0.97)


@every
def test_one_image_is_the_same_in_every_mode(name, link_of, make_picture):
    link, source = link_of(name), [make_picture(96, 144)]
    symbols = []
    for mode in CBR_MODES:
        _, chosen = first_feasible(link, source, mode)
        symbols.append(link.transmit(source[0], chosen)[0].ledger.total)
    assert max(symbols) - min(symbols) <= 0.005 * symbols[0] + 1


@every
def test_a_sample_is_sent_alone(name, link_of, make_picture):
    """Signals of a plan do not depend on other transmissions or their order."""
    link = link_of(name)
    source = [make_picture(96, 144, index=20 * i) for i in range(2)]
    _, chosen = first_feasible(link, source, "per_image")
    one, other, again = (link.transmit(source[i], chosen)[0].x for i in (0, 1, 0))
    np.testing.assert_array_equal(one, again)
    assert len(one) != len(other) or np.any(one != other)


@pytest.mark.parametrize("mode", CBR_MODES)
@every
def test_what_cannot_be_is_said(name, mode, link_of, make_picture):
    for cbr in (1e-9, 1e-4):
        with pytest.raises(Infeasible, match=r"\w+ \w+"):
            plan(link_of(name), [make_picture(96, 144)], cbr, mode)


@every
def test_plan_is_for_the_images_it_is_given(name, link_of, fresh_link, make_picture):
    """Two links plan for two sets, each in another order."""
    sets = [[make_picture(96, 144)], [make_picture(96, 144, index=9)]]
    sets[1][0] = sets[1][0]._replace(index=0)
    first = [first_feasible(link_of(name), source, "average") for source in sets]
    second = [
        first_feasible(fresh_link(name), source, "average") for source in reversed(sets)
    ]
    assert first == second[::-1]


@every
def test_infeasible_is_not_remembered(name, link_of, make_picture):
    link, source = link_of(name), [make_picture(96, 144)]
    before = first_feasible(link, source, "average")
    with pytest.raises(Infeasible):
        plan(link, source, 1e-4)
    assert first_feasible(link, source, "average") == before


@pytest.mark.parametrize("size", ODD, ids=lambda size: "x".join(map(str, size)))
@every
def test_odd_sizes_arrive_or_are_infeasible(
    name, size, link_of, make_picture, noiseless
):
    link, sample = link_of(name), make_picture(*size)
    try:
        chosen = plan(link, [sample], 4.0)
    except Infeasible:
        assert min(size) < LEGIBLE
        return
    tx, _ = link.transmit(sample, chosen)
    assert tx.ledger.total <= 4 * sample.values
    estimate, _ = link.receive(noiseless(tx))
    assert not estimate.lost
    if link.pair.makes:  # not a picture
        return
    assert estimate.data.shape == (*size, 3)
    error = np.mean((estimate.data.astype(float) - sample.data) ** 2)
    assert error < np.var(sample.data.astype(float)) + 200
