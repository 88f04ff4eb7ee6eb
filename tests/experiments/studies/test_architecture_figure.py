"""The figure and the page of the architecture show the source as it is."""

import re
from xml.etree import ElementTree

import pytest

from experiments.studies.architecture import architecture, draw
from experiments.studies.drawing import drawn
from experiments.studies.imports import ROOT, imports, modules
from experiments.studies.layout import Band, Box, Row, Stack

FIGURE = ROOT / "docs" / "figures" / "architecture.svg"
PAGE = ROOT / "docs" / "architecture.md"
FILE = r"`((?:semlink|blocks|channels|baselines|experiments|tests)/[\w/]+\.py)`"
DESCRIPTION = "{http://purl.org/dc/elements/1.1/}description"


def described(path):
    """Description in a figure's metadata."""
    (element,) = ElementTree.parse(path).iter(DESCRIPTION)
    return element.text.splitlines()


def test_the_figure_is_that_of_the_source():
    missing = "the figure is not that of the source; `make architecture` draws it"
    assert described(FIGURE) == architecture().text.splitlines(), missing


@pytest.mark.slow
def test_it_is_drawn_the_same_again(tmp_path):
    first, second = (draw(tmp_path / name).read_bytes() for name in ("a.svg", "b.svg"))
    assert first == second
    assert described(tmp_path / "a.svg") == architecture().text.splitlines()


def test_every_package_has_a_place(tmp_path):
    with pytest.raises(ValueError, match="difference in blocks.phy"):
        drawn(Box("blocks.nn"), {"blocks.nn": [], "blocks.phy": []}, {}, tmp_path, "")


def test_arrows_run_down(tmp_path):
    picture = Band("blocks", Stack([Box("blocks.a"), Row([Box("blocks.b")])]))
    boxes = {"blocks.a": ["one"], "blocks.b": ["two"]}
    path = tmp_path / "figure.svg"
    drawn(picture, boxes, {("blocks.a", "blocks.b"): 1}, path, "a over b")
    assert described(path) == ["a over b"]
    with pytest.raises(ValueError, match="blocks.b below blocks.a"):
        drawn(picture, boxes, {("blocks.b", "blocks.a"): 1}, path, "")


def test_files_on_the_page_exist():
    named = set(re.findall(FILE, PAGE.read_text()))
    assert len(named) > 30
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_the_page_names_the_files_that_call_sionna():
    _, part = PAGE.read_text().split("## Sionna and TensorFlow")
    callers = {
        path.relative_to(ROOT).as_posix()
        for name, path in modules().items()
        if not name.startswith("experiments.")
        for _, imported in imports(path.read_text())
        if imported.partition(".")[0] == "sionna"
    }
    table, _ = part.split("`experiments/bench/`")
    assert set(re.findall(FILE, table)) == callers
