"""The page about Python: its code runs and prints what the page shows."""

import contextlib
import inspect
import io
import re

import pytest

import semlink
from experiments.python.link import Link
from experiments.python.received import Received
from experiments.studies.imports import ROOT

PAGE = (ROOT / "docs" / "python.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", PAGE, re.S)
FIRST = BLOCKS[0][0]
PARAMETERS = {
    name
    for function in (semlink.link, semlink.sweep, semlink.read, Link.send, Link.sweep)
    for name in inspect.signature(function).parameters
} - {"self"}


def test_one_picture_over_one_link_takes_six_lines():
    lines = [line for line in FIRST.splitlines() if line]
    assert len(lines) <= 6
    assert lines[0] == "import semlink"
    assert FIRST in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", sorted(PARAMETERS))
def test_every_parameter_is_on_the_page(name):
    assert re.search(rf"`[^`]*\b{name}\b[^`]*`", PAGE.partition("## Reference")[2])


def test_every_part_of_a_result_is_on_the_page():
    fields = {name for name in Received.__dataclass_fields__ if name[0] != "_"}
    table = PAGE.partition("| of the result")[2].partition("\n\n")[0]
    named = set(re.findall(r"`(\w+)`", table))
    assert fields - {"title"} <= named


@pytest.mark.slow
def test_every_line_runs_and_prints_what_the_page_shows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names, printed = {"__name__": "page"}, []
    for code, _ in BLOCKS:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(code, "docs/python.md", "exec"), names)
        printed.append(re.sub(r"[ \t]+\n", "\n", out.getvalue()))
    assert printed == [text for _, text in BLOCKS]
    assert (tmp_path / "runs" / "two" / "points.csv").exists()
