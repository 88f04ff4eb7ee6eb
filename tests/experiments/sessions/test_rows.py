"""Rows of a session: a recount of the ledger, and the table as text."""

from types import SimpleNamespace

import pytest

from experiments.playing.scenario import scenario
from experiments.playing.stage import Stage
from experiments.sessions.rows import (
    columns,
    format_lines,
    parse,
    read_steps,
    row_of,
    spent,
)
from semlink.ends.reception import Intended
from semlink.errors import InputError
from semlink.loop.device import Cost
from semlink.loop.session import Outcome, Step
from semlink.loop.world import Frame
from semlink.signalling.messages import TaskProfile
from semlink.signalling.profile import Change
from semlink.signals import BACKHAUL, NO_BLOCKS, UP, Estimate, Ledger, Sample, ledger


@pytest.fixture(scope="module")
def stage(small_session):
    return Stage(scenario("monitor", list(small_session)))


def step(uses: Ledger, **more) -> Step:
    sample = Sample(None, "image", 18432, 0, "a scene\nof two lines")
    outcome = Outcome(
        Estimate(None, "image", True, NO_BLOCKS),
        {"psnr": (60.0, 2.0), "ssim": (0.0, 0.0)},
        0.123456789,
        12.5,
        True,
        Cost(1.0, 2.0),
    )
    usual = {
        "frame": Frame(3, 36, sample, load=0.25),
        "snr_db": 9.87654321,
        "profile": TaskProfile(classes=("car", "person")),
        "intended": None,
        "emitted": None,
        "verdicts": ("ask", "give_up"),
        "outcome": outcome,
        "success": 0.0,
        "acts": False,
        "uses": uses,
        "backhaul_bytes": 7,
        "heard": 2,
    }
    return Step(**(usual | more))


def test_uses_add_up_to_the_ledger(stage):
    uses = (
        ledger(payload=1000, header=200, strange=30)
        + ledger(part="left", payload=5)
        + ledger(direction=UP, report=140, odd=9)
        + ledger(direction=BACKHAUL, sync=10**6)
    )
    row = row_of(step(uses), stage)
    assert row["down_payload"] == "1005"
    assert row["uses_other"] == "down_strange=30;up_odd=9"
    assert int(row["uses"]) == uses.total == sum(spent([row]).values())
    assert int(row["uses_down"]) + int(row["uses_up"]) == uses.total


def test_a_row_has_what_is_known_and_no_more(stage):
    row = row_of(step(ledger(grant=1)), stage)
    assert tuple(row) == columns(stage)
    assert row["sample"] == "a scene of two lines"
    assert (row["time_s"], row["pool_uses"]) == ("0.036", "1800")
    assert row["classes"] == "car;person"
    assert row["transmitter"] == row["granted_uses"] == row["received"] == ""
    assert (row["utility"], row["snr_db"]) == ("0.123457", "9.87654")
    assert (row["lost"], row["late"], row["acts"]) == ("1", "1", "0")
    assert (row["verdicts"], row["retransmissions"]) == ("ask give_up", "1")
    assert (row["reconstruction_psnr"], row["reconstruction_ssim"]) == ("30", "")


def test_a_structure_that_the_user_says_is_json(stage):
    frame = step(ledger(grant=1)).frame._replace(says={"verb": "watch"})
    offer = SimpleNamespace(changes=[Change("latency", 5, 8)])
    intended = Intended(offer, questions=1, num_bytes=20)
    row = row_of(step(ledger(grant=1), frame=frame, intended=intended), stage)
    assert row["says"] == '{"verb": "watch"}'
    assert row["changed"] == "latency 5 to 8"
    assert (row["questions"], row["asked_bytes"]) == ("1", "20")


def test_the_table_is_read_as_it_was_written(step_row, tmp_path):
    rows = [step_row(0, says='a, "b"'), step_row(1)]
    data = format_lines([rows[0], *(row.values() for row in rows)])
    assert parse(data, tmp_path) == rows
    assert parse(data[:-5], tmp_path) == rows[:1]  # a torn line is left out
    assert parse(b"", tmp_path) == []


def test_a_damaged_table_is_refused_by_line(step_row, tmp_path):
    data = format_lines([step_row(), step_row().values(), ["1", "2"]])
    with pytest.raises(InputError, match="at line 3: a row has .* cells, got 2"):
        parse(data, tmp_path)


def test_a_folder_without_a_session_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot read .*steps.csv"):
        read_steps(tmp_path)
    (tmp_path / "steps.csv").write_text("frame\n1\n")
    with pytest.raises(InputError, match="must have the frames of a session, got 1"):
        read_steps(tmp_path)
