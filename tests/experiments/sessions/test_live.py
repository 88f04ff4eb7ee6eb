"""The table of a session in a terminal."""

import pytest

from experiments.playing.scenario import scenario
from experiments.sessions.live import LiveTable


@pytest.fixture
def printed(small_session, capsys):
    """Print rows; return the lines."""

    def lines(*rows):
        table = LiveTable(scenario("monitor", list(small_session)), "what is played")
        with table:
            for row in rows:
                table.frame(row)
        return capsys.readouterr().out.splitlines()

    return lines


def test_each_frame_has_a_line_below_the_titles(printed, step_row):
    _, heading, titles, *frames = printed(step_row(0), step_row(1))
    assert heading == "what is played"
    assert titles.split()[:4] == ["frame", "sample", "Es/N0", "reported"]
    assert [line.split()[0] for line in frames] == ["0", "1"]
    assert " ".join(frames[0].split()[1:]) == (
        "scene 0 10.0 9 words 1000 140 accept 0 0.50 0.75 20.0 1"
    )
    assert titles.index("utility") + 3 == frames[0].index("0.75")


def test_what_changes_has_a_line_of_its_own(printed, step_row):
    rows = [
        step_row(0, says="Find cars.", classes="car"),
        step_row(1, load=0.5),
        step_row(2, load=0.5, says="Hurry!", deadline_ms=5, changed="latency 1 to 5"),
    ]
    lines = printed(*rows)[3:]
    assert lines[0] == (
        'user: "Find cars." -> detection of car within 50 ms and 1,500 uses'
    )
    assert lines[2] == "others take 50 % of the pool"
    assert lines[4].startswith('user: "Hurry!" -> detection within 5 ms')
    assert lines[5] == "nearest that can be met: latency 1 to 5"
    assert len(lines) == 7


def test_a_late_a_lost_and_an_unsent_frame_are_named(printed, step_row):
    lines = printed(
        step_row(0, late=1),
        step_row(1, lost=1, verdicts="ask give_up", retransmissions=1),
        step_row(2, late=1, transmitter="", verdicts="", reported_snr_db=""),
    )[3:]
    assert "late" in lines[0]
    assert "ask gives up" in lines[1]
    assert "lost" in lines[1]
    assert "not sent" in lines[2]
    assert lines[2].split()[4:6] == ["-", "not"]
