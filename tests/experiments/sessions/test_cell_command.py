"""``semlink scenario`` with users: a table of all, a figure, a page for each."""

import pytest

from experiments.figures.cell import draw_cell
from experiments.sessions.play import play
from experiments.sessions.rows import read_steps
from experiments.sessions.summary import Totals
from semlink.errors import InputError


def test_totals_have_a_line_for_each_user(step_row):
    rows = [step_row(0, utility=0.5) | {"user": "0"}, step_row(0) | {"user": "1"}]
    rows[0]["uses"], rows[1]["late"] = "1234", "1"
    lines = Totals(rows).lines()
    assert lines[-2].startswith("user 0   utility 0.500, 0.0 % late, 1,234 uses")
    assert "100.0 % late" in lines[-1]
    alone = Totals([step_row(0)]).lines()
    assert not any(line.startswith("user") for line in alone)


def test_the_figure_has_every_user(step_row, tmp_path):
    rows = [step_row(n) | {"user": str(user)} for n in range(3) for user in range(2)]
    path = draw_cell(rows, tmp_path / "cell.png")
    assert path.stat().st_size > 10_000


@pytest.mark.slow
def test_a_cell_has_its_files_and_goes_on(small_session, tmp_path):
    keys = [*small_session, "users=2", "scheduler=round_robin"]
    play("monitor", keys, tmp_path / "cell", 1, 0)
    files = {path.name for path in (tmp_path / "cell").iterdir()}
    assert files >= {"cell.png", "timeline_0.png", "session_1.html", "steps.csv"}
    rows = read_steps(tmp_path / "cell")
    assert sorted(row["user"] for row in rows) == ["0"] * 4 + ["1"] * 4
    kept = (tmp_path / "cell" / "steps.csv").read_bytes()
    lines = kept.splitlines(keepends=True)
    (tmp_path / "cell" / "steps.csv").write_bytes(b"".join(lines[:4]))
    play("monitor", keys, tmp_path / "cell", 1, 0)
    assert (tmp_path / "cell" / "steps.csv").read_bytes() == kept


def test_a_cell_by_the_table_is_swept_and_not_played(tmp_path):
    with pytest.raises(InputError, match="make sweep SCENARIO= plays cells"):
        play("crowd", [], tmp_path / "crowd", 1, 0)
