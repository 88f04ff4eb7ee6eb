"""Names in figures are shown as they are, and a figure is whole or not written."""

import warnings
from pathlib import Path
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import pytest

from experiments.figures.canvas import CANVASES, save
from experiments.studies.imports import ROOT, modules
from semlink.errors import InputError

NAMES = ("a$b^{c$", "$\\alpha$", "x\\$y", "_hidden", "\u65e5\u672c", "<&>")


def labelled(name: str):
    figure, place = plt.subplots()
    place.plot([1, 2])
    place.set_title(f"title {name}")
    place.legend(place.lines, [f"{name} legend"])
    return figure


@pytest.mark.parametrize("name", NAMES)
def test_names_are_shown_as_they_are(tmp_path, name):
    with plt.rc_context({"svg.fonttype": "none"}), warnings.catch_warnings():
        warnings.simplefilter("error")
        path = save(labelled(name), tmp_path / "a.svg")
    shown = "".join(ElementTree.parse(path).getroot().itertext())
    assert f"title {name}" in shown
    assert f"{name} legend" in shown


@pytest.mark.parametrize("suffix", CANVASES)
def test_a_full_disk_leaves_the_old_figure_and_nothing_else(tmp_path, suffix, disk_of):
    path = tmp_path / f"a{suffix}"
    before = save(labelled("old"), path).read_bytes()
    with disk_of(1000), pytest.raises(InputError) as full:
        save(labelled("new"), path)
    assert str(full.value) == f"cannot write {path}: File too large"
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    assert not plt.get_fignums()


def test_every_figure_is_written_by_save():
    canvas = ROOT / "experiments" / "figures" / "canvas.py"
    others = [path for path in map(Path, modules().values()) if path != canvas]
    assert len(others) > 200
    assert [p for p in others if "savefig" in p.read_text()] == []
