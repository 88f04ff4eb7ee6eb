"""What is offered for an intent that cannot be met is played, and kept."""

from types import SimpleNamespace

import pytest

from experiments.playing.offering import Offering
from experiments.playing.offers import Kept, cases, kept, table
from semlink.loop.device import Cost
from semlink.signalling.messages import TaskProfile
from semlink.signals import ledger

PROFILE = TaskProfile(deadline_ms=100, uses=1000, energy_mj=10)


def frame(lost=False, ms=99.0, uses=1000, mj=9.0):
    estimate, cost = SimpleNamespace(lost=lost), Cost(0.0, mj)
    outcome = SimpleNamespace(estimate=estimate, latency_ms=ms, cost=cost)
    return SimpleNamespace(outcome=outcome, uses=ledger(payload=uses))


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({}, None),
        ({"lost": True}, "arrives"),
        ({"ms": 101.0}, "in_time"),
        ({"uses": 1001}, "uses"),
        ({"mj": 11.0}, "energy"),
    ],
)
def test_a_frame_is_held_to_its_profile(change, broken):
    found = kept(frame(**change), PROFILE)
    assert found == Kept(*(name != broken for name in Kept._fields))


@pytest.mark.slow
def test_offers_are_kept_over_the_link():
    found = list(cases(8))
    assert all(case.offer.changes for case in found)
    assert all(all(frame) for case in found for frame in case.kept)
    assert table(found).splitlines()[-1].startswith("| all | 8 | 40 | 40 | 40 | 40 |")


@pytest.mark.slow
def test_playing_finds_an_offer_that_forgets_the_machines(monkeypatch):
    monkeypatch.setattr(Offering, "_computing", lambda self, task: (Cost(), Cost()))
    found = list(cases(8))
    assert not all(all(frame) for case in found for frame in case.kept)
