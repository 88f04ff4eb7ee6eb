"""Points that miss their target CBR are named, once for each curve."""

import pytest

from semlink.store.targets import FAR, off_target, warnings_of


def point(cbr, *, target=0.03, snr_db=10.0, transmitter="ntscc", **more):
    row = {"scenario": "", "transmitter": transmitter, "channel": "awgn"}
    row |= {"snr_db": snr_db, "cbr_target": target, "cbr": cbr, "status": "ok"}
    return row | more


@pytest.mark.parametrize(
    ("share", "is_far"), [(-0.06, True), (-0.04, False), (0, False), (0.06, True)]
)
@pytest.mark.parametrize("kind", [float, str])
def test_a_point_is_far_from_its_target_by_five_percent(share, is_far, kind):
    assert FAR == 0.05
    row = point(kind(0.03 * (1 + share)), target=kind(0.03))
    assert off_target([row]) == [row] * is_far


def test_points_without_target_or_result_are_none():
    scenario = point(0.5, target=0.0, scenario="monitor")
    nothing = point("nan", status="infeasible: 0.1 is the least CBR")
    failed = point(0.01, status="failed: ValueError")
    assert off_target([scenario, nothing, failed]) == []


def test_one_line_for_each_curve_with_its_worst_point():
    rows = [
        point(0.027, snr_db=4.0),
        point("0.021", target="0.03", snr_db="12.0"),  # as read from a file
        point(0.033, transmitter="words"),
        point(0.03, transmitter="jpeg_ldpc"),
    ]
    assert warnings_of(rows) == [
        "warning: ntscc over awgn uses CBR 0.021 at the target 0.03 (30 % below, "
        "12 dB): not at equal CBR",
        "warning: words over awgn uses CBR 0.033 at the target 0.03 (10 % above, "
        "10 dB): not at equal CBR",
    ]


def test_many_curves_take_few_lines():
    lines = warnings_of(point(0.01, transmitter=f"t{i}") for i in range(20))
    assert len(lines) == 7
    assert lines[-1] == "warning: 14 more curves miss their CBR by more than 5 %"
