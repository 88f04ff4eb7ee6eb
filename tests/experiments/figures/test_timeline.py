"""What is drawn of a session."""

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.colors import to_hex

from experiments.figures import timeline
from experiments.figures.timeline import colours, draw_timeline

NAMES = ("words", "ntscc[arq=selective]")


@pytest.fixture
def rows(step_row):
    """Six frames: an intent and another one, a retransmission, one that is not sent."""
    made = [step_row(number) for number in range(6)]
    made[0] |= {"says": "Find cars.", "reported_snr_db": ""}
    made[2] |= {"transmitter": NAMES[1], "retransmissions": "1"}
    made[2] |= {"down_retransmission": "400", "uses_down": "1400", "verdicts": "ask"}
    made[3] |= {"transmitter": NAMES[1], "says": "Show me.", "task": "reconstruction"}
    made[4] |= {"transmitter": "", "late": "1", "latency_ms": "60", "utility": "0"}
    return made


@pytest.fixture
def panels(rows, monkeypatch, tmp_path):
    """Axes of the figure."""
    drawn = []
    monkeypatch.setattr(timeline, "save", lambda figure, path: drawn.append(figure))
    draw_timeline(rows, NAMES, tmp_path / "timeline.png")
    return drawn[0].axes


def level(patch):
    """Top and bottom of a filled area, by frame."""
    values, _, baseline = patch.get_data()
    return values, baseline


def labels(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_the_report_that_the_sender_knew_stands_beside_the_mean(panels):
    mean, known = panels[0].lines[:2]
    assert list(mean.get_ydata()) == [10] * 6
    assert np.isnan(known.get_ydata()[0])
    assert list(known.get_ydata()[1:]) == [9] * 5
    assert labels(panels[0]) == ["mean", "last report at the sender"]


def test_every_transmitter_has_a_band_where_it_sent(panels):
    words, ntscc, not_sent = panels[1].collections
    spans = [
        [(box.vertices[:, 0].min(), box.vertices[:, 0].max()) for box in c.get_paths()]
        for c in (words, ntscc, not_sent)
    ]
    assert spans == [[(-0.5, 1.5), (4.5, 5.5)], [(1.5, 3.5)], [(3.5, 4.5)]]
    assert [t.get_text() for t in panels[1].get_yticklabels()] == list(NAMES)


def test_the_stack_of_channel_uses_is_all_of_them(panels, rows):
    highest = np.max([level(patch)[0] for patch in panels[2].patches[:3]], axis=0)
    expected = [(int(r["uses_down"]) + int(r["uses_up"])) / 1e3 for r in rows]
    assert highest == pytest.approx(expected)
    assert set(labels(panels[2])) == {
        "down",
        "down, retransmitted",
        "up",
        "pool of the downlink",
        "limit of the profile",
    }


def test_utility_has_the_colour_of_its_transmitter(panels):
    filled = {to_hex(p.get_facecolor()): list(level(p)[0]) for p in panels[3].patches}
    known = colours(NAMES)
    assert filled[known["words"]] == [0.75, 0.75, 0, 0, 0, 0.75]
    assert filled[known[NAMES[1]]] == [0, 0, 0.75, 0.75, 0, 0]
    assert len(filled) == 3  # and the frame that was not sent
    assert panels[3].lines[0].get_ydata()[0] == 0.5


def test_late_frames_stand_apart_from_those_in_time(panels):
    in_time, late = panels[4].lines[:2]
    assert list(in_time.get_xdata()) == [0, 1, 2, 3, 5]
    assert list(late.get_xdata()) == [4]
    assert labels(panels[4]) == ["late", "deadline"]


def test_only_marks_that_occur_have_a_line(panels):
    names = [text.get_text() for text in panels[5].get_yticklabels()]
    assert names == ["retransmission", "late"]
    assert [list(line.get_xdata()) for line in panels[5].lines[:2]] == [[2], [4]]


def test_an_intent_is_written_where_it_begins(panels):
    texts = {text.xy[0]: text.get_text() for text in panels[0].texts}
    assert texts.keys() == {-0.5, 2.5}
    assert "Find cars." in texts[-0.5].replace("\n", " ")
    assert "reconstruction, 50 ms" in texts[2.5].replace("\n", " ")
    for place in panels:
        assert any(set(line.get_xdata()) == {2.5} for line in place.lines)


def test_a_session_without_marks_and_of_one_frame_is_drawn(step_row, tmp_path):
    path = draw_timeline([step_row()], NAMES, tmp_path / "timeline.png")
    assert path.stat().st_size > 5000


def test_drawing_needs_no_tensorflow():
    code = (
        "import sys; from experiments.figures.timeline import draw_timeline; "
        "assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
