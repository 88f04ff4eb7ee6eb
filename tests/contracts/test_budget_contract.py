"""Every registered transmitter keeps its budget, or says why it cannot."""

import inspect
from typing import get_args

import numpy as np
import pytest

from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.errors import Infeasible
from semlink.protocols import CbrMode
from semlink.signals import SourceBatch

REGISTRY = catalogue().registries["transmitter"]
NAMES = [
    name
    for name in REGISTRY.names()
    if all(
        p.default is not inspect.Parameter.empty for p in REGISTRY.schema(name).values()
    )
]
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


@pytest.mark.parametrize("mode", CBR_MODES)
@every
def test_pilots_are_within_the_budget(name, mode, make_link, make_picture):
    """Over OFDM, whose frames are sent whole and are short for these pictures."""
    pair, link = make_link(ComponentSpec(name=name), "tdl[subcarriers=12]")
    source = [make_picture(*size, index=i) for i, size in enumerate(SIZES)]
    cbr, chosen = first_feasible(link, source, mode)
    uses = [link.ledger(link.transmit(batch, chosen)) for batch in source]
    spent = [u.total[0] / b.image.size for u, b in zip(uses, source, strict=True)]
    spent = np.mean(spent) if mode == "average" else np.array(spent)
    assert np.all(spent <= cbr + 1e-12)
    if name in FINE:
        assert np.all(spent > 0.9 * cbr)
    for each in uses:
        if not pair.error_free:
            assert each.total[0] % 168 == 0
            assert each.pilots[0] >= each.total[0] / 7


def first_feasible(link, source, mode):
    """The lowest budget that the transmitter can keep, and its plan."""
    for cbr in CBRS:
        try:
            return cbr, plan(link, source, cbr, mode)
        except Infeasible:
            continue
    raise AssertionError(f"nothing fits CBR {CBRS}")


@pytest.mark.parametrize("mode", CBR_MODES)
@every
def test_budget_is_kept_and_used(name, mode, make_link, make_picture):
    _, link = make_link(ComponentSpec(name=name))
    source = [make_picture(*size, index=i) for i, size in enumerate(SIZES)]
    cbr, chosen = first_feasible(link, source, mode)
    spent = [
        link.transmit(batch, chosen).ledger.total[0] / batch.image.size
        for batch in source
    ]
    spent = np.mean(spent) if mode == "average" else np.array(spent)
    assert np.all(spent <= cbr + 1e-12)
    if name in FINE:
        assert np.all(spent > 0.97 * cbr)


@every
def test_one_image_is_the_same_in_both_modes(name, make_link, make_picture):
    source = [make_picture(96, 144)]
    symbols = []
    for mode in CBR_MODES:
        _, link = make_link(ComponentSpec(name=name))
        _, chosen = first_feasible(link, source, mode)
        symbols.append(link.transmit(source[0], chosen).ledger.total[0])
    assert abs(symbols[0] - symbols[1]) <= 0.005 * symbols[0] + 1


@every
def test_a_batch_is_its_images(name, make_link, make_picture):
    _, link = make_link(ComponentSpec(name=name))
    source = [make_picture(96, 144, index=i) for i in range(2)]
    _, chosen = first_feasible(link, source, "per_image")
    images, names = np.concatenate([b.image for b in source]), ("one", "other")
    both = link.transmit(SourceBatch(images, (0, 1), names, ({}, {})), chosen)
    for i, batch in enumerate(source):
        alone = link.transmit(batch, chosen)
        total = alone.ledger.total[0]
        assert both.ledger.total[i] == total
        np.testing.assert_array_equal(both.x[i, :total], alone.x[0, :total])
        assert not np.any(both.x[i, total:])
        np.testing.assert_array_equal(both.blocks[i], alone.blocks[0])


@pytest.mark.parametrize("mode", CBR_MODES)
@every
def test_what_cannot_be_is_said(name, mode, make_link, make_picture):
    _, link = make_link(ComponentSpec(name=name))
    for cbr in (1e-9, 1e-4):
        with pytest.raises(Infeasible, match=r"\w+ \w+"):
            plan(link, [make_picture(96, 144)], cbr, mode)


@every
def test_plan_is_for_the_images_it_is_given(name, make_link, make_picture):
    sets = [[make_picture(96, 144)], [make_picture(96, 144, index=9)]]
    sets[1][0] = sets[1][0]._replace(index=(0,))
    _, link = make_link(ComponentSpec(name=name))
    for source in sets:
        _, fresh = make_link(ComponentSpec(name=name))
        cbr, expected = first_feasible(fresh, source, "average")
        assert plan(link, source, cbr) == expected


@every
def test_infeasible_is_not_remembered(name, make_link, make_picture):
    _, link = make_link(ComponentSpec(name=name))
    source = [make_picture(96, 144)]
    with pytest.raises(Infeasible):
        plan(link, source, 1e-4)
    first_feasible(link, source, "average")


@pytest.mark.parametrize("size", ODD, ids=lambda size: "x".join(map(str, size)))
@every
def test_odd_sizes_arrive_or_are_infeasible(
    name, size, make_link, make_picture, noiseless
):
    _, link = make_link(ComponentSpec(name=name))
    batch = make_picture(*size)
    try:
        chosen = plan(link, [batch], 4.0)
    except Infeasible:
        assert min(size) < LEGIBLE
        return
    tx = link.transmit(batch, chosen)
    assert tx.ledger.total[0] <= 4 * batch.image.size
    estimate = link.receive(noiseless(tx))
    assert not estimate.lost[0]
    assert estimate.image[0].shape == (*size, 3)
    error = np.mean((estimate.image[0].astype(float) - batch.image[0]) ** 2)
    assert error < np.var(batch.image[0].astype(float)) + 200
