"""Shipped components keep the rules that users' components are checked by."""

import pytest

from experiments.checking.agents import CALLS
from experiments.checking.kinds import RULES, subject_of, verdicts_of
from experiments.compose import catalogue

KNOWN = catalogue().registries
QUICK = {
    "channel": ("awgn", "rayleigh"),
    "transmitter": ("uncoded",),
    "source": ("gaussian",),
    "task": ("reconstruction",),
    "scheduler": ("round_robin", "proportional_fair", "water_filling"),
    "adapter": ("fixed", "outer_loop", "bandit"),
    "inspector": ("expected_error",),
    "answerer": ("program",),
    "intent": ("keywords",),
    "dispatcher": ("hungarian", "random"),
    "detector": (),
    "describer": (),
}
# they need what a machine may lack, a table, one user alone, or ground truth
APART = ("blip", "llava_next", "keras_cv", "onnx", "llm", "thresholds", "single_user")
APART += ("oracle", "coco_captions", "structured")
VARIANTS = {
    "channel": (
        "shadowed:rician[sigma_db=20]",
        "tdl[csi=ls]",
        "tdl[rx_antennas=4]",
        "tdl[clip_db=3]",
    ),
    "transmitter": ("jpeg_ldpc[harq=chase]", "ntscc[arq=selective]"),
}
ALL = [
    (kind, name)
    for kind in RULES
    for name in (*KNOWN[kind].complete(), *VARIANTS.get(kind, ()))
    if name not in APART and name not in QUICK[kind]
]


def broken(word: str, kind: str, quick: bool) -> list[str]:
    found = list(verdicts_of(subject_of(word, kind, quick=quick)))
    assert any(verdict.status == "ok" for verdict in found)
    return [verdict.line for verdict in found if verdict.failed]


@pytest.mark.parametrize(("kind", "name"), [(k, n) for k in QUICK for n in QUICK[k]])
def test_shipped_components_keep_their_rules(kind, name):
    assert broken(name, kind, True) == []


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), ALL)
def test_all_shipped_components_keep_their_rules(kind, name):
    assert broken(name, kind, False) == []


def test_every_kind_has_a_quick_check_or_a_slow_one():
    assert {*QUICK} == {*RULES}
    assert {*CALLS} <= {kind for kind, _ in ALL} | {k for k in QUICK if QUICK[k]}
