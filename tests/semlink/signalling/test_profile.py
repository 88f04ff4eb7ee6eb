"""Intents that can be met are met; the others get the nearest offer."""

import math

import numpy as np
import pytest

from semlink.errors import Infeasible
from semlink.signalling.layout import on_air
from semlink.signalling.messages import Intent, Target
from semlink.signalling.needs import LOSS, USES, attempts, capacity, documented
from semlink.signalling.profile import (
    Capabilities,
    Change,
    LinkState,
    feasible,
    negotiate,
)

STATE = LinkState(snr_db=10.0, uses_per_ms=100.0, period_ms=500.0, compute_ms=20.0)
SELDOM = STATE._replace(period_ms=1e5)  # frames far apart
DEVICE = Capabilities(mj_per_use=0.01, compute_mj=5.0)
SIDES = {"reliability": "at_least"}
VERBS = ("watch", "find", "ask", "recognise")


def intent(verb="find", **limits):
    targets = tuple(
        Target(name=name, condition=SIDES.get(name, "at_most"), value=value)
        for name, value in limits.items()
    )
    return Intent(verb=verb, targets=targets)


def random_case(rng):
    limits = {
        "latency": 10 ** rng.uniform(-1, 4),
        "reliability": 1 - 10 ** rng.uniform(-9, -0.1),
        "bandwidth": 10 ** rng.uniform(-1, 3),
        "energy": 10 ** rng.uniform(-3, 3),
    }
    chosen = rng.choice(list(limits), rng.integers(1, 5), replace=False)
    state = LinkState(
        rng.uniform(-5, 25),
        10 ** rng.uniform(1, 3),
        1e5,
        rng.uniform(0, 80),
        rng.uniform(0, 30),
    )
    device = Capabilities(
        retransmissions=int(rng.integers(4)),
        mj_per_use=10 ** rng.uniform(-4, -1),
        compute_mj=rng.uniform(0, 10),
    )
    return (
        intent(VERBS[rng.integers(4)], **{n: limits[n] for n in chosen}),
        state,
        device,
    )


def cases(number, infeasible):
    """Random cases that cannot be met, or that can."""
    rng, found = np.random.default_rng(1), []
    while len(found) < number:
        case = random_case(rng)
        if bool(negotiate(*case).changes) == infeasible:
            found.append(case)
    return found


@pytest.mark.parametrize("case", cases(50, True))
def test_an_offer_can_be_met_and_stays(case):
    wanted, state, device = case
    offer = negotiate(*case)
    assert feasible(offer.profile, state, device)
    assert on_air(offer.profile) == offer.profile
    assert negotiate(offer.intent, state, device) == offer._replace(changes=())
    # targets other than those named are as they were, and those are looser
    new = {change.name: change for change in offer.changes}
    for before, after in zip(wanted.targets, offer.intent.targets, strict=True):
        change = new.get(before.name, Change(before.name, before.value, before.value))
        assert change == (before.name, before.value, after.value)
        looser = after.value < before.value
        assert looser == (before.name in new and before.name == "reliability")


@pytest.mark.parametrize("case", cases(20, True))
def test_fewer_or_smaller_changes_are_not_enough(case):
    wanted, state, device = case
    offer = negotiate(*case)
    for change in offer.changes:
        # a tenth of the way back, in ratios, no profile can be met any more
        tight = change.after * (change.before / change.after) ** 0.1
        if change.name == "reliability":
            loose, tight = 1 - change.after, 1 - change.before
            tight = 1 - loose * (tight / loose) ** 0.1
        targets = tuple(
            t.model_copy(update={"value": tight}) if t.name == change.name else t
            for t in offer.intent.targets
        )
        again = negotiate(wanted.model_copy(update={"targets": targets}), state, device)
        near = math.isclose(tight, change.after, rel_tol=0.05)
        assert again.changes or near


@pytest.mark.parametrize("case", cases(20, False))
def test_what_can_be_met_is_met(case):
    wanted, state, device = case
    offer = negotiate(*case)
    assert offer.intent is wanted
    profile = offer.profile
    assert feasible(profile, state, device)
    least, _ = wanted.limits("reliability")
    assert profile.reliability >= least
    for name, field in (("latency", "deadline_ms"), ("energy", "energy_mj")):
        assert getattr(profile, field) <= max(wanted.limits(name)[1], 1e-9)
    rate = min(wanted.limits("bandwidth")[1], state.uses_per_ms)
    waits = state.waits_ms(attempts(profile.reliability))
    assert profile.uses <= rate * (profile.deadline_ms - waits)


def test_latency_gives_way_first():
    # 500 uses at 100 a millisecond, and 20 ms of computing
    offer = negotiate(intent(latency=10, bandwidth=1000), STATE, DEVICE)
    ((name, before, after),) = offer.changes
    assert (name, before) == ("latency", 10)
    assert 25 <= after <= 25 * 1.047**2
    assert not negotiate(intent(latency=27.5), STATE, DEVICE).changes


def test_bandwidth_gives_way_where_nothing_else_is_stated():
    # free latency is chosen wider first
    offer = negotiate(intent(bandwidth=0.1), SELDOM, DEVICE)
    assert offer.changes == ()
    assert offer.profile.deadline_ms > 5000
    ((name, *_),) = negotiate(intent(bandwidth=0.001), SELDOM, DEVICE).changes
    assert name == "bandwidth"


def test_energy_gives_way_last():
    ((name, _, after),) = negotiate(
        intent(energy=1, latency=100), STATE, DEVICE
    ).changes
    assert name == "energy"
    assert 5 + 500 * 0.01 <= after < 11.2


def test_reliability_is_bounded_by_attempts():
    device = Capabilities(retransmissions=1)
    ((name, _, after),) = negotiate(intent(reliability=0.999999), STATE, device).changes
    assert name == "reliability"
    assert 1 - LOSS < after <= 1 - LOSS**2
    assert attempts(1 - LOSS) == 1
    assert attempts(1 - LOSS**2) == 2
    assert attempts(1 - LOSS**2 / 1.1) == 3


def test_documented_needs_keep_the_bits():
    needs = documented()
    bits = USES["vqa"] * capacity(10.0)
    for snr_db in (-10.0, 0.0, 5.0):
        assert needs("vqa", snr_db, 0.9) * capacity(snr_db) == pytest.approx(
            bits, rel=0.01
        )
    assert needs("vqa", 20.0, 0.9) == USES["vqa"]
    assert capacity(0.0) == pytest.approx(1.0)


def test_measured_needs_take_their_place():
    offer = negotiate(intent(latency=100), STATE, DEVICE, needs=lambda *_: 9000.0)
    assert offer.changes[0].after >= 110


def test_what_no_target_can_help_is_refused():
    with pytest.raises(Infeasible, match="no deadline is enough for detection"):
        negotiate(intent(latency=1), STATE, DEVICE, needs=lambda *_: math.inf)
    with pytest.raises(Infeasible, match="no machine serves vqa"):
        negotiate(intent("ask"), STATE, Capabilities(tasks=("detection",)))


def test_a_frame_is_off_the_air_when_the_next_one_comes():
    patient = intent("watch", latency=60_000)
    assert negotiate(patient, STATE).profile.uses <= 500 * 100
    with pytest.raises(Infeasible, match="before the next frame"):
        negotiate(patient, STATE._replace(period_ms=100.0))


def test_many_classes_are_all():
    few, many = ("cat", "dog", "cow"), ("cat", "dog", "cow", "bird")
    for classes, sent in ((few, few), (many, ())):
        offer = negotiate(Intent(verb="find", classes=classes), STATE)
        assert offer.profile.classes == sent
