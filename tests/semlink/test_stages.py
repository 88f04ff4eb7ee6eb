"""Time by stages: each without those inside it, so that they add up."""

import time

import pytest

from semlink import stages
from semlink.stages import running, stage


@pytest.fixture(autouse=True)
def fresh():
    stages.seconds.clear()
    stages.calls.clear()


def test_a_stage_inside_another_is_counted_once():
    start = time.perf_counter()
    with running("outer"):
        time.sleep(0.02)
        for _ in range(2):
            with running("inner"):
                time.sleep(0.03)
    whole = time.perf_counter() - start
    assert stages.calls == {"outer": 1, "inner": 2}
    assert stages.seconds["inner"] >= 0.06
    assert 0.02 <= stages.seconds["outer"] < 0.06
    assert stages.seconds.total() == pytest.approx(whole, abs=2e-3)


def test_a_stage_that_raises_is_counted_too():
    @stage("raises")
    def fail():
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"), running("outer"):
        fail()
    with running("after"):
        pass
    assert stages.calls == {"raises": 1, "outer": 1, "after": 1}
    assert min(stages.seconds.values()) >= 0


def test_a_stage_inside_itself():
    @stage("deep")
    def deeper(levels):
        time.sleep(0.01)
        if levels:
            deeper(levels - 1)

    start = time.perf_counter()
    deeper(3)
    whole = time.perf_counter() - start
    assert stages.calls["deep"] == 4
    assert stages.seconds["deep"] == pytest.approx(whole, abs=2e-3)
